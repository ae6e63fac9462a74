"use strict";
// Everything works without this script. It adds buttons that copy a value, and pages that update themselves.

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
}
// If the browser restores text in a form after going back, open the folded part that contains it.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("details textarea")) {
    if (field.value !== field.defaultValue) field.closest("details").open = true;
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.textContent;
    button.textContent = "✓";
    setTimeout(() => { button.textContent = label; }, 1200);
  } catch {
    button.hidden = true; // no permission for the clipboard: the value can be selected on the page
  }
});

// A part of the page with data-live is replaced by the server's newest version of it when an event comes, and once a minute,
// since the page shows the time until deadlines. No form is in such a part. The address of a page that answers a form cannot
// be loaded again: there, data-page has the address to load.
const address = document.querySelector("[data-page]")?.dataset.page ?? location.href;
const eventsPart = document.querySelector("[data-events]");
const state = document.querySelector("[data-live-state]");
let timer = 0; // of the next look; 0: none
let lastEventAt = 0;
let lastEvent = { collection: "", date_added: "" }; // the last event
const newestShown = new Map(); // collection -> date_added of the newest record that the page shows
let etag = ""; // of the last response: the server does not send the same page again
let earliestLook = 0; // hundreds of browsers follow one hub: each waits between two looks, and longer if the hub is slow
const PAUSE_MILLISECONDS = 900; // between two looks: a change just after a look shows within a second
const SPREAD_MILLISECONDS = 400;
const SOON_MILLISECONDS = 100; // more than `live.FRESH_MILLISECONDS` in the hub

function showState(text, on) {
  if (!state || state.classList.contains("ended")) return;
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("off", !on);
}

// The session has ended: say so, since the page shows no new state any more.
function end() {
  if (!state || state.classList.contains("ended")) return;
  const link = document.createElement("a");
  link.href = address;
  link.textContent = state.dataset.ended;
  state.hidden = false;
  state.replaceChildren(link);
  state.classList.add("ended");
  document.title = `⚠ ${state.dataset.ended}`;
}

async function refresh() {
  const startedAt = performance.now();
  earliestLook = Infinity;
  let response;
  try {
    const headers = { Accept: "text/html", "Hub-Live": "1", ...(etag && { "If-None-Match": etag }) };
    response = await fetch(address, { headers, credentials: "same-origin" });
  } catch {
    return; // no connection: the next event or minute tries again
  } finally {
    earliestLook = startedAt + Math.max(PAUSE_MILLISECONDS, 6 * (performance.now() - startedAt));
  }
  for (const pair of (response.headers.get("Hub-Shown") ?? "").split(" ")) {
    const [collection, date] = pair.split("=");
    if (date) newestShown.set(collection, date);
  }
  if (response.status === 304) return;
  if (response.redirected || response.status === 401) {
    end();
    return;
  }
  if (!response.ok) {
    showState(state?.dataset.off ?? "", false); // the next event or minute tries again
    return;
  }
  etag = response.headers.get("ETag") ?? "";
  const newPage = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const newPart = newPage.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!newPart || newPart.innerHTML === part.innerHTML) continue;
    const active = part.contains(document.activeElement) ? document.activeElement : null;
    const focused = active?.getAttribute("href");
    const unfolding = active?.matches("details[id] > summary") ? active.parentElement.id : null;
    const open = [...part.querySelectorAll("details[open][id]")].map((element) => element.id);
    part.replaceChildren(...document.importNode(newPart, true).childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) [...part.querySelectorAll("a")].find((element) => element.getAttribute("href") === focused)?.focus();
    if (unfolding) document.getElementById(unfolding)?.querySelector("summary").focus();
    for (const button of part.querySelectorAll("button.copy")) button.hidden = false;
  }
  document.title = newPage.title;
}

// Looks are spread, so that hundreds of browsers do not send requests at the same time. Further events do not delay a look.
function onMoved(event) {
  lastEvent = JSON.parse(event.data);
  if (isShown(lastEvent)) return;
  lastEventAt = performance.now();
  if (!timer) startTimer();
}

function isShown({ collection, date_added }) {
  return date_added <= (newestShown.get(collection) ?? "");
}

function startTimer() {
  const delay = Math.max(earliestLook - performance.now(), SOON_MILLISECONDS + Math.random() * SPREAD_MILLISECONDS);
  timer = setTimeout(look, Math.min(delay, PAUSE_MILLISECONDS));
}

async function look() {
  timer = 0;
  if (performance.now() < earliestLook) {
    startTimer();
    return;
  }
  const tooSoon = performance.now() - lastEventAt < SOON_MILLISECONDS; // for the last event
  await refresh();
  if (tooSoon && !timer && !isShown(lastEvent)) startTimer();
}

if (eventsPart) {
  const source = new EventSource(eventsPart.dataset.events, { withCredentials: true });
  source.addEventListener("moved", onMoved);
  source.addEventListener("open", () => showState(state.dataset.on, true));
  source.addEventListener("error", () => showState(state.dataset.off, false));
}
if (document.querySelector("[data-live]")) {
  setInterval(() => { if (!document.hidden) refresh(); }, 60000);
  // a task that is running (data-running) is looked at every 3 seconds, until it has ended
  setInterval(() => { if (!document.hidden && document.querySelector("[data-running]")) refresh(); }, 3000);
}
