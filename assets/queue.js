// The keys of the queue of payments: each presses a button that stands on the screen. They work only while
// the queue has the focus, never while something is typed, and can be switched off (WCAG 2.1.4).
(() => {
  if (window.encaissQueue) return;
  window.encaissQueue = true;

  const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

  // The element that a key presses, if it may be pressed.
  const button = (queue, key) =>
    [...queue.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.disabled);

  // The line that was asked for and does not show yet: whoever types fast is ahead of the answers.
  let asked = "";

  const selected = (queue) => queue.querySelector("[role=option][aria-selected=true]");

  function step(queue, by) {
    const options = [...queue.querySelectorAll("[role=option]")];
    const from = options.find((one) => one.id === asked) ?? selected(queue);
    const next = options[Math.min(options.length - 1, Math.max(0, options.indexOf(from) + by))];
    if (!next || next === from) return;
    asked = next.id;
    next.click();
    next.scrollIntoView({ block: "nearest" });
  }

  // Presses what a key stands for, once the line that was asked for shows; never for another one.
  function press(queue, name, tries = 60) {
    if (asked && selected(queue)?.id !== asked && document.getElementById(asked)) {
      if (tries) setTimeout(() => press(queue, name, tries - 1), 50);
      else asked = "";
      return;
    }
    asked = "";
    const pressed = button(queue, name);
    if (!pressed) return;
    if (pressed.matches("input")) pressed.focus();
    else pressed.click();
  }

  document.addEventListener("click", (event) => {
    if (event.isTrusted) asked = "";
  });
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
    const name = event.key === "Enter" ? "1" : event.key;
    if (!button(queue, name) && !asked) return;
    event.preventDefault();
    press(queue, name);
  });
})();
