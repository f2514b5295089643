// Truth files in: dropped on the slide or chosen in the panel, sent, shown over the tissue, and
// taken or discarded by the forms that the server puts into the panel.

import { filled, gettext } from "../words.js";
import { rateWords, sizeWords, timeWords } from "../pages/upload-words.js";
import { takeDrops } from "./drop-target.js";
import { PreviewLayer } from "./preview-layer.js";
import { sendFile } from "./send-file.js";

const MOST_BYTES = 2 * 1024 ** 3; // what the server takes; asked before hours of sending

export function connect(reader) {
  const panel = reader.querySelector("[data-truth-panel]");
  if (panel) new TruthIntake(reader, panel).listen();
}

class TruthIntake {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel });
    this.place = panel.querySelector("[data-pending]");
    this.layer = new PreviewLayer(reader.viewer);
  }

  listen() {
    const { signal } = this.reader;
    const cover = dropCover();
    this.reader.querySelector(".stage").append(cover);
    takeDrops({
      onHover: (isAbove) => (cover.hidden = !isAbove),
      onDrop: (files) => this.#dropped(files),
      signal,
    });
    const input = this.panel.querySelector("input[type=file]");
    input.addEventListener("change", () => this.#chosen(input), { signal });
    this.panel.querySelector("[data-without-script]").hidden = true;
    this.panel.querySelector("[data-sending-cancel]").addEventListener("click", () => this.sending?.cancel());
    this.panel.addEventListener("htmx:beforeSwap", (event) => this.#refuseLogin(event), { signal });
    this.panel.addEventListener("htmx:sendError", () => this.#complain(lostWords()), { signal });
    new MutationObserver(() => this.#show()).observe(this.place, { childList: true });
  }

  #chosen(input) {
    this.#dropped([...input.files]);
    input.value = "";
  }

  #dropped(files) {
    if (files.length > 1) this.#complain(gettext("One truth file at a time: drop only that of this slide."));
    else if (files.length === 1) this.#send(files[0]);
  }

  async #send(file) {
    this.#complain("");
    if (file.size > MOST_BYTES) {
      const words = gettext("%(name)s has %(size)s; a truth file may have 2 GB. Compress the mask, or give it at a coarser level.");
      this.#complain(filled(words, { name: file.name, size: sizeWords(file.size) }));
      return;
    }
    this.sending?.cancel();
    this.panel.scrollIntoView({ block: "nearest" });
    const begun = performance.now();
    const sending = sendFile(this.panel.dataset.sendUrl, file, {
      csrf: this.panel.dataset.csrf,
      onProgress: (sent, total) => this.#progress(file, sent, total, begun),
    });
    this.sending = sending;
    this.#progress(file, 0, file.size, begun);
    try {
      await sending.answer;
      this.isFresh = true;
      window.htmx.trigger(this.place, "truth-sent");
    } catch (error) {
      if (error.name !== "AbortError") this.#complain(error.message);
    } finally {
      if (this.sending === sending) this.panel.querySelector("[data-sending]").hidden = true;
    }
  }

  #progress(file, sent, total, begun) {
    const place = this.panel.querySelector("[data-sending]");
    place.hidden = false;
    const bar = place.querySelector("progress");
    bar.max = total || 1;
    bar.value = sent;
    const rate = sent / ((performance.now() - begun) / 1000);
    const parts = [filled(gettext("Sending %(name)s"), { name: file.name }), `${Math.round((100 * sent) / (total || 1))} %`];
    if (rate > 0) {
      const left = filled(gettext("%(time)s left"), { time: timeWords((total - sent) / rate) });
      parts.push(rateWords(rate), left);
    }
    place.querySelector("[data-sending-words]").textContent = parts.join(" · ");
  }

  /** The panel was filled anew: draw what it speaks of. */
  async #show() {
    const part = this.place.querySelector(".pending");
    try {
      await this.layer.show(part?.dataset.outlines ?? null);
    } catch (error) {
      console.error(error);
      this.#complain(gettext("The outlines could not be fetched. Reload the page to see them."));
    }
    if (this.isFresh && part?.dataset.bounds) {
      this.isFresh = false;
      this.layer.bringIntoView(JSON.parse(part.dataset.bounds));
    }
  }

  /** A session that ended answers with the login page, which has no place in the panel. */
  #refuseLogin(event) {
    if (!event.detail.xhr.responseURL.includes("/login/")) return;
    event.detail.shouldSwap = false;
    this.#complain(gettext("Your session has ended. Log in again; the file you sent waits for you."));
  }

  #complain(words) {
    const place = this.panel.querySelector("[data-send-trouble]");
    place.textContent = words;
    place.hidden = !words;
  }
}

function lostWords() {
  return gettext("The server cannot be reached. The file you sent waits there; reload when the network is back.");
}

function dropCover() {
  const cover = document.createElement("div");
  cover.className = "drop-cover";
  cover.hidden = true;
  const title = document.createElement("strong");
  title.textContent = gettext("Drop the truth file of this slide");
  const words = document.createElement("span");
  words.textContent = gettext("mask TIFF, ASAP XML, NCRF JSON or GeoJSON – you see how it fits before it is kept");
  cover.append(title, words);
  return cover;
}
