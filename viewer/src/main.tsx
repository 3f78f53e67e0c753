import { render } from "preact";
import { Door } from "./link/door";
import { languageChoice } from "./messages/index";
import { HttpFrameSource } from "./source/http";
import { tabMemory } from "./source/notes";
import { App } from "./ui/app";
import "./style/all.css";

function secretOfAddress(): string {
  const fragment = location.hash.slice(1);
  try {
    return decodeURIComponent(fragment).trim();
  } catch {
    return fragment;
  }
}

const root = document.getElementById("undisc");
if (root !== null) {
  const spoken = languageChoice.begin();
  const source = new HttpFrameSource(location.pathname.replace(/\/+$/, ""), secretOfAddress(), tabMemory());
  const door = new Door(source);
  // The pictures are asked for while the language comes.
  void door.knock();
  void spoken.then(() => {
    root.replaceChildren();
    render(<App door={door} source={source} />, root);
  });
  // Another secret pasted into the same tab is another link.
  addEventListener("hashchange", () => location.reload());
}
