"use strict";
// Everything works without this script. It adds: copying a value with one button, and pages that follow what happens.

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
}
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
// changed, and once a minute, since deadlines run down. What somebody types is in no such part.
const listening = document.querySelector("[data-events]");
const state = document.querySelector("[data-live-state]");
let waiting = 0;

function say(text, on) {
  if (!state) return;
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("off", !on);
}

async function refresh() {
  let response;
  try {
    response = await fetch(location.href, { headers: { Accept: "text/html", "Hub-Live": "1" }, credentials: "same-origin" });
  } catch {
    return; // the line is down: the next change or minute tries again
  }
  if (response.redirected || !response.ok) {
    say(state?.dataset.ended ?? "", false);
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!next || next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
    part.replaceChildren(...document.importNode(next, true).childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) [...part.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused)?.focus();
    for (const button of part.querySelectorAll("button.copy")) button.hidden = false;
  }
  document.title = fresh.title;
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 100);
}

if (listening) {
  const source = new EventSource(listening.dataset.events, { withCredentials: true });
  source.addEventListener("moved", soon);
  source.addEventListener("open", () => say(state.dataset.on, true));
  source.addEventListener("error", () => say(state.dataset.off, false));
}
if (document.querySelector("[data-live]")) {
  setInterval(() => { if (!document.hidden) refresh(); }, 60000);
}
