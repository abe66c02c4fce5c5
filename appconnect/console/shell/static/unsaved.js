/* Says how much of a form is unsaved, asks before it is left, and gives back what was typed
   when the answer was the sign-in page. A secret is never kept.

   data-unsaved marks the forms; with data-unsaved="draft" what was typed is no change, and
   leaving it is not asked about. */

const isSaved = document.querySelector(".flash[data-state=ok]:not(.signed-in)");
const isRefused = document.querySelector(".banner[role=alert]");
let isLeaving = false;

function draftOf(form) {
  return [...form.elements]
    .filter((field) => field.name && field.type !== "hidden" && field.type !== "password")
    .map((field) => [field.name, field.value, field.checked]);
}

function changedNames(form, asSaved) {
  const before = new Set(asSaved.map(String));
  const changed = draftOf(form).filter((field) => !before.has(String(field)));
  const secrets = [...form.querySelectorAll("[type=password]")].filter((field) => field.value);
  return new Set([...changed.map(([name]) => name), ...secrets.map((field) => field.name)]);
}

function restore(form, draft) {
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

function watch(form) {
  const address = form.getAttribute("action") ?? location.pathname;
  const key = `draft:${address}#${form.id}`;
  const bar = document.querySelector(`.unsaved:has([form="${form.id}"])`);
  const sent = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  // The page shows what was refused, which is not what is saved.
  const asSaved = sent && isRefused ? sent.saved : draftOf(form);
  if (sent && !isSaved && !isRefused) restore(form, sent.typed);

  const changes = () => changedNames(form, asSaved).size;
  const show = () => {
    if (!bar) return;
    bar.querySelector("output").value = changes();
    bar.hidden = !changes();
  };
  const keep = () => {
    const draft = { typed: draftOf(form), saved: asSaved };
    sessionStorage.setItem(key, JSON.stringify(draft));
  };
  show();
  form.addEventListener("input", show);
  form.addEventListener("reset", (event) => {
    if (!isRefused) return setTimeout(show);
    event.preventDefault();
    isLeaving = true;
    location.assign(address);
  });
  form.addEventListener("submit", (event) => {
    if (isLeaving) event.preventDefault();
    else keep();
    isLeaving = true;
  });
  return { changes, keep, isAskedAbout: form.dataset.unsaved !== "draft" };
}

const watched = [...document.querySelectorAll("form[data-unsaved]")].map(watch);
document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  // What a button of htmx was to send meets the sign-in page by one of these.
  if (!/^hx-(redirect|refresh):/im.test(xhr.getAllResponseHeaders())) return;
  isLeaving = true;
  for (const form of watched) if (form.changes()) form.keep();
});
addEventListener("pageshow", () => { isLeaving = false; });
addEventListener("beforeunload", (event) => {
  const isLost = watched.some((form) => form.isAskedAbout && form.changes());
  if (isLost && !isLeaving) event.preventDefault();
});
