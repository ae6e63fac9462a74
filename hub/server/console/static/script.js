"use strict";
// Everything works without this script. It adds: copying a value with one button, and pages that follow what happens.

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
}
// Who comes back to a form finds what was written there, although it stands in a part that was folded meanwhile.
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
    button.hidden = true; // no right to the clipboard: the value can be selected beside it
  }
});

// A part of the page with data-live is replaced by the server's newest form of it when the hub says that something
// changed, and once a minute, since deadlines run down. What somebody types is in no such part. A page that answers a form
// stands at the form's address, which gives no page of its own: data-page says where its newest form is.
const address = document.querySelector("[data-page]")?.dataset.page ?? location.href;
const listening = document.querySelector("[data-events]");
const state = document.querySelector("[data-live-state]");
let waiting = 0; // the timer of the next look
let movedAt = 0;
let moved = { collection: "", date_added: "" }; // the last event
const shown = new Map(); // collection -> the newest of it that the hub's last answer knew of, as an event says it
let etag = ""; // of what was answered last: the same once more is not sent
let notBefore = 0; // hundreds of browsers follow one hub: each leaves it alone for a while, and longer where it is slow
const PAUSE_MILLISECONDS = 900; // from one look to the next: what changes just after a look shows within a second
const SPREAD_MILLISECONDS = 400;
const SOON_MILLISECONDS = 100; // more than the hub's own `live.FRESH_MILLISECONDS`

function say(text, on) {
  if (!state || state.classList.contains("ended")) return;
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("off", !on);
}

// Nothing on the page is new any more: it must not be taken for the newest state.
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
  const begun = performance.now();
  notBefore = Infinity;
  let response;
  try {
    const headers = { Accept: "text/html", "Hub-Live": "1", ...(etag && { "If-None-Match": etag }) };
    response = await fetch(address, { headers, credentials: "same-origin" });
  } catch {
    return; // the line is down: the next change or minute tries again
  } finally {
    notBefore = begun + Math.max(PAUSE_MILLISECONDS, 6 * (performance.now() - begun));
  }
  for (const pair of (response.headers.get("Hub-Shown") ?? "").split(" ")) {
    const [collection, date] = pair.split("=");
    if (date) shown.set(collection, date);
  }
  if (response.status === 304) return;
  if (response.redirected || response.status === 401) {
    end();
    return;
  }
  if (!response.ok) {
    say(state?.dataset.off ?? "", false); // the next change or minute tries again
    return;
  }
  etag = response.headers.get("ETag") ?? "";
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!next || next.innerHTML === part.innerHTML) continue;
    const active = part.contains(document.activeElement) ? document.activeElement : null;
    const focused = active?.getAttribute("href");
    const unfolding = active?.matches("details[id] > summary") ? active.parentElement.id : null;
    const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
    part.replaceChildren(...document.importNode(next, true).childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) [...part.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused)?.focus();
    if (unfolding) document.getElementById(unfolding)?.querySelector("summary").focus();
    for (const button of part.querySelectorAll("button.copy")) button.hidden = false;
  }
  document.title = fresh.title;
}

// Looks are spread, so that hundreds of browsers do not come in the same moment, and never put off by what moves meanwhile.
function soon(event) {
  moved = JSON.parse(event.data);
  if (isShown(moved)) return;
  movedAt = performance.now();
  if (!waiting) arm();
}

function isShown({ collection, date_added }) {
  return date_added <= (shown.get(collection) ?? "");
}

function arm() {
  const rest = Math.max(notBefore - performance.now(), SOON_MILLISECONDS + Math.random() * SPREAD_MILLISECONDS);
  waiting = setTimeout(look, Math.min(rest, PAUSE_MILLISECONDS));
}

async function look() {
  waiting = 0;
  if (performance.now() < notBefore) {
    arm();
    return;
  }
  const tooSoon = performance.now() - movedAt < SOON_MILLISECONDS; // for what moved last
  await refresh();
  if (tooSoon && !waiting && !isShown(moved)) arm();
}

if (listening) {
  const source = new EventSource(listening.dataset.events, { withCredentials: true });
  source.addEventListener("moved", soon);
  source.addEventListener("open", () => say(state.dataset.on, true));
  source.addEventListener("error", () => say(state.dataset.off, false));
}
if (document.querySelector("[data-live]")) {
  setInterval(() => { if (!document.hidden) refresh(); }, 60000);
  // what runs at this moment (data-running) is looked at each 3 seconds, until it is over
  setInterval(() => { if (!document.hidden && document.querySelector("[data-running]")) refresh(); }, 3000);
}
