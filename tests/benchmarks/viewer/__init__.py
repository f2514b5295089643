"""The viewer in Chromium on a slide of 100,000 px: `make bench-viewer`."""
