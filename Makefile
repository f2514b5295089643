# Every target is one line of config/bootstrap.py, which needs Python alone.
PYTHON ?= python3
ARGS ?=

.PHONY: demo install test lint lock words screenshots

demo:            ## a synthetic hospital, two trained versions, and the site
	@$(PYTHON) config/bootstrap.py demo $(ARGS)

install:         ## .venv with the locked packages, nothing else
	@$(PYTHON) config/bootstrap.py install $(ARGS)

test:            ## all checks and tests
	@$(PYTHON) config/bootstrap.py test $(ARGS)

lint:            ## style, types, layers and migrations
	@$(PYTHON) config/bootstrap.py lint $(ARGS)

lock:            ## resolve pyproject.toml anew, for every Python we support
	@$(PYTHON) config/bootstrap.py lock $(ARGS)

words:           ## collect what pages say and compile its translations (GNU gettext)
	@$(PYTHON) config/bootstrap.py words $(ARGS)

screenshots:     ## take the README's pictures anew
	@$(PYTHON) config/bootstrap.py screenshots $(ARGS)

bench-%:         ## run tests/benchmarks/<name>.py
	@$(PYTHON) config/bootstrap.py bench $* $(ARGS)
