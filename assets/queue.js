// The keys of the queue of payments: each presses a button that stands on the screen. They work only while
// the queue has the focus, never while something is typed, and can be switched off (WCAG 2.1.4).
(() => {
  if (window.encaissQueue) return;
  window.encaissQueue = true;

  const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

  // The element that a key presses, if it may be pressed.
  const button = (queue, key) =>
    [...queue.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.disabled);

  function step(queue, by) {
    const options = [...queue.querySelectorAll("[role=option]")];
    const now = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const next = options[Math.min(options.length - 1, Math.max(0, now + by))];
    if (!next || next === options[now]) return;
    next.click();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (!(target instanceof Element) || event.ctrlKey || event.altKey || event.metaKey) return;
    const queue = target.closest("[data-queue-keys]");
    if (!queue || target.closest("dialog, [role=dialog]")) return;
    if (event.key === "Escape" && target.matches(TYPING)) {
      queue.querySelector("[role=listbox]")?.focus();
      return;
    }
    if (queue.dataset.queueKeys !== "on" || target.matches(TYPING)) return;
    const onList = target.matches("[role=listbox]");
    const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (by && (onList || event.key.length === 1)) {
      event.preventDefault();
      step(queue, by);
      return;
    }
    // Enter on a button presses that button.
    if (event.repeat || (event.key === "Enter" && !onList)) return;
    const pressed = button(queue, event.key === "Enter" ? "1" : event.key);
    if (!pressed) return;
    event.preventDefault();
    if (pressed.matches("input")) pressed.focus();
    else pressed.click();
  });
})();
