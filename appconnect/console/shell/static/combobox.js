// The editable combobox with list autocomplete of the ARIA Authoring Practices:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
// htmx fetches the options. Without this script the page has a search and radio buttons.

"use strict";

const combobox = document.querySelector(".combobox");
if (combobox) {
  const input = combobox.querySelector("[role=combobox]");
  const list = combobox.querySelector("[role=listbox]");
  const value = combobox.querySelector("[name=crm_user]");
  const found = combobox.querySelector("[role=status]");
  const chosen = { name: input.value, value: value.value };
  let active = null;
  let isWanted = false; // an answer that comes too late opens nothing

  for (const id of ["search-without-script", "choice-without-script"]) {
    document.getElementById(id).remove();
  }
  combobox.hidden = false;
  value.disabled = false;

  const activate = (option) => {
    active?.setAttribute("aria-selected", "false");
    active = option;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const show = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    activate(null);
  };

  const open = () => {
    isWanted = true;
    input.dispatchEvent(new Event("open"));
  };

  const close = () => {
    isWanted = false;
    show(false);
  };

  const check = () => {
    const isKnown = !input.value || input.value === chosen.name;
    value.value = input.value && isKnown ? chosen.value : "";
    input.setCustomValidity(isKnown ? "" : combobox.dataset.unknown);
  };

  const choose = (option) => {
    chosen.name = input.value = option.dataset.name;
    chosen.value = option.dataset.value;
    found.textContent = option.textContent; // two people may have one name
    check();
    close();
  };

  const move = (step) => {
    const options = [...list.children];
    if (list.hidden || !options.length) return open();
    const from = active ? options.indexOf(active) : step > 0 ? -1 : options.length;
    activate(options.at((from + step) % options.length));
  };

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => active && choose(active),
    Escape: () => {
      if (list.hidden) input.value = chosen.name;
      check();
      close();
    },
  };

  input.addEventListener("keydown", (event) => {
    if (["Home", "End"].includes(event.key)) return activate(null);
    if (event.isComposing || !(event.key in keys)) return;
    if (event.key === "Enter" && !active) return; // sends the form
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    isWanted = true;
    check();
  });
  input.addEventListener("click", open);
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option) choose(option);
  });
  list.addEventListener("htmx:afterSwap", () => show(isWanted && list.children.length > 0));
}
