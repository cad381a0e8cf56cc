"use strict";
// Filters and the texts of options. Everything else works without this script.
(() => {
  const language = () => (document.getElementById("lang-en").checked ? "en" : "zh");
  const translate = () => {
    document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
    for (const option of document.querySelectorAll("option[data-zh]")) {
      option.textContent = option.dataset[language()];
    }
  };
  for (const radio of document.querySelectorAll("input[name=lang]")) {
    radio.addEventListener("change", translate);
  }
  translate();

  for (const form of document.querySelectorAll("form.filter")) {
    const section = form.closest("section");
    const findings = [...section.querySelectorAll("details.finding")];
    const texts = findings.map((finding) => finding.textContent.toLowerCase());
    const apply = () => {
      const severities = new Set(
        [...form.querySelectorAll("input[name=severity]:checked")].map((box) => box.value),
      );
      const area = form.elements.area.value;
      const owner = form.elements.owner.value;
      const words = form.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      findings.forEach((finding, index) => {
        const fits =
          severities.has(finding.dataset.severity) &&
          (!area || finding.dataset.area === area) &&
          (!owner || finding.dataset.owner === owner) &&
          words.every((word) => texts[index].includes(word));
        finding.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      form.querySelector("output").textContent = `${shown} / ${findings.length}`;
      section.querySelector(".nothing").hidden = shown > 0;
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    apply();
  }

  // A link to a folded or filtered finding opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  // Paper has no folds.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
})();
