"use strict";
// Everything works without this script. It adds: files that are dropped, and news of incidents that come in.

// A file that is dropped on the form is chosen in it, and read.
const drop = document.querySelector("[data-drop]");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  for (const name of ["dragover", "dragenter"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (!event.dataTransfer || event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}

// News: the desk answers when there are any. What was there when the desk was opened is not told again. A page that nobody
// sees asks every few seconds instead: a browser has few connections for one server.
const news = document.querySelector("[data-news]");
const EVERY_MILLISECONDS = 10000;
const PAUSE_MILLISECONDS = 500;
let number = 0; // of the news that are known
const TOLD = "desk.told";
let audio = null;

function told() {
  try {
    const kept = sessionStorage.getItem(TOLD);
    return kept === null ? null : new Set(JSON.parse(kept));
  } catch {
    return new Set();
  }
}

function beep() {
  if (!audio) return;
  for (const [start, pitch] of [[0, 660], [0.18, 880]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.17);
  }
}

async function ask() {
  let answer;
  try {
    const after = document.hidden ? "" : `?after=${number}`;
    const response = await fetch(news.dataset.news + after, { credentials: "same-origin" });
    if (!response.ok) return false;
    answer = await response.json();
  } catch {
    return false; // the desk was closed, or the line is down: asked again soon
  }
  number = answer.number || number;
  const before = told();
  const ids = answer.incidents.map((one) => one.id);
  sessionStorage.setItem(TOLD, JSON.stringify([...(before ?? []), ...ids]));
  const fresh = before === null ? [] : answer.incidents.filter((one) => !before.has(one.id));
  document.title = `${answer.count ? `(${answer.count}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
  if (fresh.length === 0) return !document.hidden;
  news.hidden = false;
  news.textContent = "";
  const link = document.createElement("a");
  link.href = news.dataset.here;
  link.textContent = `${news.dataset.words}: ${fresh[0].name}`;
  news.append(link);
  beep();
  if ("Notification" in window && Notification.permission === "granted") {
    new Notification(news.dataset.words, { body: fresh[0].name, tag: fresh[0].id });
  }
  await refresh();
  return !document.hidden;
}

// The list of incidents is replaced by the newest one.
async function refresh() {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live]");
  if (fresh) part.replaceChildren(...document.importNode(fresh, true).childNodes);
}

async function follow() {
  for (;;) {
    const waited = await ask();
    await new Promise((resolve) => setTimeout(resolve, waited ? PAUSE_MILLISECONDS : EVERY_MILLISECONDS));
  }
}

if (news) follow();

// Sound and notifications need a yes, which a browser takes from a click alone.
const notify = document.querySelector("[data-notify]");
if (notify) {
  notify.hidden = false;
  notify.addEventListener("click", async () => {
    audio = audio ?? new AudioContext();
    beep();
    if ("Notification" in window) await Notification.requestPermission();
    notify.disabled = true;
  });
}
