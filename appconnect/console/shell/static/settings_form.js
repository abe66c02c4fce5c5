// Says in the save bar and beside each section what is unsaved, and which section one is in.
const form = document.getElementById("settings");
const bar = form.querySelector(".save-bar");
const links = [...document.querySelectorAll(".section-nav a")];
const sections = links.map((link) => document.querySelector(link.hash).closest("section"));

function nameOf(field) {
  const label = field.labels[0].cloneNode(true);
  for (const part of label.querySelectorAll(".sub, .optional")) part.remove();
  return label.textContent.trim();
}

form.addEventListener("unsaved", ({ detail: { changed } }) => {
  const parts = sections.map((section, index) => {
    const names = changed.filter((field) => section.contains(field)).map(nameOf);
    const [count] = links[index].querySelectorAll(".count");
    count.hidden = !names.length;
    count.firstElementChild.textContent = names.length;
    return names.length ? `${section.querySelector("h2").textContent}: ${names.join(", ")}` : "";
  });
  if (!bar) return;
  const status = bar.querySelector("[role=status]");
  const { none, one, many } = status.dataset;
  const counted = changed.length === 1 ? one : many.replace("{n}", changed.length);
  status.querySelector("strong").textContent = changed.length ? counted : none;
  status.querySelector(".sub").textContent = parts.filter(Boolean).join(" · ");
  bar.querySelector("[type=reset]").hidden = !changed.length;
  bar.classList.toggle("idle", !changed.length);
});

function markSection() {
  const bottom = document.documentElement.scrollHeight - innerHeight - 2;
  let current = sections.findLastIndex((section) => section.getBoundingClientRect().top < innerHeight / 3);
  if (scrollY >= bottom) current = sections.length - 1;
  if (scrollY <= 0) current = 0;
  links.forEach((link, index) => {
    if (index === Math.max(current, 0)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}
markSection();
addEventListener("scroll", markSection, { passive: true });
