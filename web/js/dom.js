// What a view is made of, and how it gets on the screen. Text is always text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** One element of a view: a plain object, so that views are pure and testable. Null and false keep their place. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(9).map(asNode) };
}

function asNode(child) {
  if (child === null || child === undefined || child === false) return "";
  return typeof child === "object" ? child : String(child);
}

/** Make the container show these elements. What has not changed keeps its element, and with it focus and selection. */
export function render(container, ...views) {
  patchChildren(container, views.flat(9).map(asNode), container.namespaceURI === SVG);
}

function patchChildren(parent, wanted, inSvg) {
  const shown = [...parent.childNodes];
  wanted.forEach((node, at) => {
    const old = shown[at];
    if (old === undefined) parent.append(create(node, inSvg));
    else if (!sameKind(old, node)) old.replaceWith(create(node, inSvg));
    else if (typeof node === "string") {
      if (old.data !== node) old.data = node;
    } else patch(old, node, inSvg || node.tag === "svg");
  });
  shown.slice(wanted.length).forEach((node) => node.remove());
}

function sameKind(element, node) {
  if (typeof node === "string") return element.nodeType === 3;
  return element.nodeType === 1 && element.localName === node.tag && element.viewKey === node.props.key;
}

function create(node, inSvg) {
  if (typeof node === "string") return document.createTextNode(node);
  const svg = inSvg || node.tag === "svg";
  const element = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  element.viewKey = node.props.key;
  patch(element, node, svg);
  return element;
}

function patch(element, node, inSvg) {
  const before = element.viewProps ?? {};
  for (const name of Object.keys(before)) if (!(name in node.props)) set(element, name, null);
  for (const [name, value] of Object.entries(node.props)) if (before[name] !== value) set(element, name, value);
  element.viewProps = node.props;
  // An element that looks after its own contents (a field being typed in) says `own`.
  if (!node.props.own) patchChildren(element, node.children, inSvg && node.tag !== "foreignObject");
}

function set(element, name, value) {
  if (name === "key" || name === "own") return;
  if (name.startsWith("on")) element[name] = value;
  else if (name === "value" || name === "checked") {
    if (element[name] !== value) element[name] = value ?? "";
  } else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}
