// The editable combobox with list autocomplete of the ARIA Authoring Practices:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
// htmx fetches the options. A page may have many, so each is set up when it gets the focus.

"use strict";

const ready = new WeakSet();

const setUp = (input) => {
  const combobox = input.closest(".combobox");
  const list = combobox.querySelector("[role=listbox]");
  const value = combobox.querySelector("[name=crm_user]");
  const found = combobox.querySelector("[role=status]");
  const chosen = { name: input.defaultValue, value: value.defaultValue };
  let active = null;
  let isWanted = false; // an answer that comes too late opens nothing

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
    const email = option.querySelector(".sub")?.textContent ?? "";
    found.textContent = `${chosen.name} ${email}`; // two people may have one name
    check();
    close();
    if ("saves" in combobox.dataset) input.form.requestSubmit();
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
  input.form.addEventListener("reset", () => setTimeout(check));
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option) choose(option);
  });
  list.addEventListener("htmx:afterSwap", () => show(isWanted && list.children.length > 0));
};

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches(".combobox [role=combobox]") || ready.has(target)) return;
  ready.add(target);
  setUp(target);
});

// A page whose form has a choice without script, too; htmx may put it in the place of another.
document.addEventListener("htmx:load", () => {
  const choice = document.getElementById("without-script");
  if (!choice) return;
  choice.remove();
  document.getElementById("with-script").hidden = false;
});
