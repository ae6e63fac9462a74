"use strict";
// Everything works without this script. It adds dropping files on the page, and news of incoming incidents.

// A file that is dropped on the page is put into the form, which is then sent.
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

// News: the desk responds when there is a new incident. Incidents that were there when the desk was opened are not announced.
// A hidden page sends a request every few seconds instead, since a browser has few connections for one server.
const news = document.querySelector("[data-news]");
const EVERY_MILLISECONDS = 10000;
const PAUSE_MILLISECONDS = 500;
let version = 0; // of the incidents in the last response
const ANNOUNCED = "desk.told"; // key in the session storage
let audio = null;

function announcedIds() {
  try {
    const stored = sessionStorage.getItem(ANNOUNCED);
    return stored === null ? null : new Set(JSON.parse(stored));
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

async function checkNews() {
  let newsResponse;
  try {
    const after = document.hidden ? "" : `?after=${version}`;
    const response = await fetch(news.dataset.news + after, { credentials: "same-origin" });
    if (!response.ok) return false;
    newsResponse = await response.json();
  } catch {
    return false; // the desk was closed, or there is no connection: try again soon
  }
  version = newsResponse.number || version;
  const announced = announcedIds();
  const ids = newsResponse.incidents.map((incident) => incident.id);
  sessionStorage.setItem(ANNOUNCED, JSON.stringify([...(announced ?? []), ...ids]));
  const newIncidents = announced === null ? [] : newsResponse.incidents.filter((incident) => !announced.has(incident.id));
  document.title = `${newsResponse.count ? `(${newsResponse.count}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
  if (newIncidents.length === 0) return !document.hidden;
  news.hidden = false;
  news.textContent = "";
  const link = document.createElement("a");
  link.href = news.dataset.here;
  link.textContent = `${news.dataset.words}: ${newIncidents[0].name}`;
  news.append(link);
  beep();
  if ("Notification" in window && Notification.permission === "granted") {
    new Notification(news.dataset.words, { body: newIncidents[0].name, tag: newIncidents[0].id });
  }
  await refresh();
  return !document.hidden;
}

// Replace the list of incidents by the newest version.
async function refresh() {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok || response.redirected) return;
  const newPart = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live]");
  if (newPart) part.replaceChildren(...document.importNode(newPart, true).childNodes);
}

async function follow() {
  for (;;) {
    const isFollowing = await checkNews();
    await new Promise((resolve) => setTimeout(resolve, isFollowing ? PAUSE_MILLISECONDS : EVERY_MILLISECONDS));
  }
}

if (news) follow();

// Browsers allow sound and notifications only after a click.
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
