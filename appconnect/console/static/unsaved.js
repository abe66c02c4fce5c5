/* Says which forms have unsaved changes, asks before they are left, and gives back what was
   typed when the session had ended before it was sent. A secret is never kept. */

const form = document.querySelector("form[data-unsaved]");
const bar = document.querySelector("#unsaved");
const key = "draft:" + location.pathname;

function draftOf(form) {
  return [...form.elements]
    .filter((field) => field.name && field.type !== "hidden" && field.type !== "password")
    .map((field) => [field.name, field.value, field.checked]);
}

function changedNames(before, form) {
  const after = draftOf(form);
  const changed = after.filter((field, i) => String(field) !== String(before[i]));
  const secrets = [...form.querySelectorAll("[type=password]")].filter((field) => field.value);
  return new Set([...changed.map(([name]) => name), ...secrets.map((field) => field.name)]);
}

function restore(draft) {
  const fields = [...form.elements];
  for (const [name, value, checked] of draft) {
    const same = fields.filter((field) => field.name === name);
    const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
    for (const field of same) {
      if (!isChoice(field)) field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }
}

if (form && bar) {
  const asSaved = draftOf(form);
  let isSending = false;
  const show = () => {
    const count = changedNames(asSaved, form).size;
    bar.hidden = count === 0;
    bar.querySelector("output").value = count;
  };

  const draft = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  // What was saved or refused is on the page already; what met the sign-in page is not.
  if (draft && !document.querySelector(".message.success, [role=alert]")) {
    restore(JSON.parse(draft));
  }
  show();

  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => {
    if (isSending) event.preventDefault();
    isSending = true;
    sessionStorage.setItem(key, JSON.stringify(draftOf(form)));
  });
  addEventListener("pageshow", () => { isSending = false; });
  addEventListener("beforeunload", (event) => {
    if (!isSending && !bar.hidden) event.preventDefault();
  });
}
