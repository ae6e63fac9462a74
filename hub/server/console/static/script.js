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
