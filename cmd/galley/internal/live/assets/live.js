"use strict";
// Puts each event of the server into the page. Only parts that differ are
// replaced, and the focus, an open list and the scroll position stay.
(() => {
  const path = document.body.dataset.live;
  if (!path) return;
  const live = document.getElementById("live");
  const state = document.getElementById("state");
  const put = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html").body;
    const focused = document.activeElement ? document.activeElement.id : "";
    const open = new Set([...live.querySelectorAll("details[open]")].map((d) => d.id));
    const scroll = new Map([...live.querySelectorAll(".scroll")].map((s) => [s.id, s.scrollLeft]));
    for (const d of next.querySelectorAll("details")) d.open = open.has(d.id);
    const old = new Map([...live.children].map((c) => [c.id, c]));
    const kept = [...next.children].map((c) => {
      const same = old.get(c.id);
      return same && same.outerHTML === c.outerHTML ? same : document.adoptNode(c);
    });
    const present = [...live.children];
    if (kept.length === present.length && kept.every((c, i) => c === present[i])) return;
    if (kept.length === present.length && kept.every((c, i) => c.id === present[i].id)) {
      kept.forEach((c, i) => { if (c !== present[i]) present[i].replaceWith(c); });
    } else {
      live.replaceChildren(...kept);
    }
    for (const s of live.querySelectorAll(".scroll")) s.scrollLeft = scroll.get(s.id) || 0;
    if (focused && document.activeElement === document.body) {
      const back = document.getElementById(focused);
      if (back) back.focus({ preventScroll: true });
    }
  };
  const source = new EventSource(path);
  source.onopen = () => { state.textContent = ""; };
  source.onerror = () => { state.textContent = "Not connected: galley watch has ended, or cannot be reached."; };
  source.onmessage = (e) => put(JSON.parse(e.data));
})();
