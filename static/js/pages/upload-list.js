// <upload-list>: files on their way in, resumable (tus 1.0), then followed until they are ready.

import { rateWords, sizeWords, timeWords } from "./upload-words.js";

const PART_BYTES = 16 * 1024 * 1024;
const RETRIES_MS = [0, 1000, 3000, 8000, 20000, 60000];

class UploadList extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.querySelector("#upload-words").textContent);
    this.list = this.querySelector("[data-list]");
    const chooser = this.querySelector("[data-files]");
    chooser.addEventListener("change", () => this.#take(chooser));
    this.#take(chooser); // somebody may have chosen before this script was here
    this.#acceptDrops(this.querySelector("[data-drop]"));
    this.ending = new AbortController();
    window.addEventListener("beforeunload", (event) => this.#warn(event), { signal: this.ending.signal });
  }

  disconnectedCallback() {
    this.ending.abort();
  }

  #acceptDrops(place) {
    for (const name of ["dragenter", "dragover"]) {
      place.addEventListener(name, (event) => {
        event.preventDefault();
        place.classList.add("is-over");
      });
    }
    place.addEventListener("dragleave", () => place.classList.remove("is-over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("is-over");
      this.#add(event.dataTransfer.files);
    });
  }

  #take(chooser) {
    this.#add(chooser.files);
    chooser.value = "";
  }

  #add(files) {
    for (const file of files) this.#start(file);
  }

  #warn(event) {
    if (this.querySelector(".is-moving")) event.preventDefault();
  }

  async #start(file) {
    const row = this.querySelector("[data-item]").content.cloneNode(true).firstElementChild;
    this.list.prepend(row);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-size]").textContent = sizeWords(file.size);
    row.querySelector("progress").setAttribute("aria-label", file.name);
    row.classList.add("is-moving");
    const upload = new window.tus.Upload(file, this.#options(file, row));
    row.addEventListener("click", (event) => this.#act(event.target.dataset.act, upload, row));
    const [earlier] = await upload.findPreviousUploads();
    if (earlier) upload.resumeFromPreviousUpload(earlier);
    row.begun = { at: performance.now(), bytes: null };
    upload.start();
  }

  #options(file, row) {
    return {
      endpoint: this.dataset.endpoint,
      chunkSize: PART_BYTES,
      retryDelays: RETRIES_MS,
      removeFingerprintOnSuccess: true,
      headers: { "X-CSRFToken": this.dataset.csrf },
      metadata: { filename: file.name, ...this.#meta() },
      onProgress: (sent, total) => this.#progress(row, sent, total),
      onAfterResponse: (_request, response) => this.#heard(row, response),
      onError: (error) => this.#failed(row, error),
      onSuccess: () => this.#sent(row),
    };
  }

  #meta() {
    const given = [...this.querySelectorAll("[data-meta]")].filter((input) => input.value.trim());
    return Object.fromEntries(given.map((input) => [input.dataset.meta, input.value.trim()]));
  }

  #progress(row, sent, total) {
    row.begun.bytes ??= sent;
    const bar = row.querySelector("progress");
    bar.max = total || 1;
    bar.value = sent;
    const seconds = (performance.now() - row.begun.at) / 1000;
    const rate = (sent - row.begun.bytes) / seconds;
    const parts = [`${Math.round((100 * sent) / (total || 1))} %`, rateWords(rate)];
    if (rate > 0) parts.push(this.words.left.replace("%s", timeWords((total - sent) / rate)));
    this.#say(row, parts.filter(Boolean).join(" · "));
  }

  /** The last answer names the slide that the file became. */
  #heard(row, response) {
    row.slide = response.getHeader("Slide-Id") ?? row.slide;
  }

  #sent(row) {
    row.classList.remove("is-moving");
    row.querySelector("[data-moving]").hidden = true;
    this.#announce(`${row.querySelector("[data-name]").textContent}: ${this.words.sent}`);
    if (row.slide) this.#follow(row);
    else row.querySelector("[data-intake]").textContent = this.words.sent;
  }

  /** The server's own words, replaced by htmx until the slide is ready or refused. */
  #follow(row) {
    const place = row.querySelector("[data-intake]");
    const url = this.dataset.statusUrl.replace("/0/", `/${row.slide}/`);
    window.htmx.ajax("GET", `${url}?followed=1`, { target: place, swap: "innerHTML" });
  }

  #failed(row, error) {
    row.classList.remove("is-moving");
    const body = error.originalResponse?.getBody();
    const isPlain = body && body.length < 400 && !body.includes("<");
    this.#say(row, isPlain ? body : this.words.failed);
    row.classList.add("is-wrong");
    this.#show(row, { pause: false, resume: true });
    const goOn = () => row.querySelector("[data-act=resume]").click();
    if (!navigator.onLine) window.addEventListener("online", goOn, { once: true });
  }

  #act(act, upload, row) {
    if (act === "pause") {
      upload.abort();
      this.#say(row, this.words.paused);
      this.#show(row, { pause: false, resume: true });
    }
    if (act === "resume") {
      row.begun = { at: performance.now(), bytes: null };
      row.classList.remove("is-wrong");
      row.classList.add("is-moving");
      upload.start();
      this.#show(row, { pause: true, resume: false });
    }
    if (act === "cancel") upload.abort(true).catch(() => {}).finally(() => row.remove());
  }

  #show(row, shown) {
    for (const [act, isShown] of Object.entries(shown)) {
      row.querySelector(`[data-act=${act}]`).hidden = !isShown;
    }
  }

  #say(row, words) {
    row.querySelector("[data-state]").textContent = words;
  }

  #announce(words) {
    this.querySelector("[data-said]").textContent = words;
  }
}

customElements.define("upload-list", UploadList);
