"use strict";
// Sorts a table by a column when its head is pressed, and what its rows link to
// with it. Cells without a value are last.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const value = (row) => {
      const text = row.cells[at].dataset.value ?? row.cells[at].textContent;
      const number = text === "" ? NaN : Number(text);
      return Number.isNaN(number) ? text : number;
    };
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const h of heads) h.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
      rows.sort(([a], [b]) => {
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
        return down ? -order : order;
      });
      for (const [, row] of rows) {
        table.tBodies[0].append(row);
        const link = row.querySelector("a");
        const target = link && document.getElementById(link.hash.slice(1));
        if (target) target.parentNode.append(target);
      }
    });
  });
}
