// Sending one file with its progress, which fetch does not tell.

import { gettext } from "../words.js";

/**
 * POST a file as the field "file". onProgress: told bytes sent and of how many.
 * Gives {answer: a promise of the JSON, which fails with words for people, cancel()}.
 */
export function sendFile(url, file, { csrf, onProgress }) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded, total));
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("error", () => reject(new Error(brokenWords())));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
  });
  request.open("POST", url);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrf);
  const form = new FormData();
  form.append("file", file);
  request.send(form);
  return { answer, cancel: () => request.abort() };
}

function settle(request, resolve, reject) {
  const content = parsed(request.responseText);
  if (request.status === 201 && content) resolve(content);
  else reject(new Error(content?.detail ?? unexpectedWords(request)));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unexpectedWords({ status, responseURL }) {
  if (status === 401 || status === 403 || responseURL.includes("/login/")) {
    return gettext("Your session has ended. Log in again, then drop the file again.");
  }
  return gettext("The server did not take the file. Try again; if it happens again, tell an admin.");
}

function brokenWords() {
  return gettext("The connection broke before the file had arrived. Nothing was kept; drop it again.");
}
