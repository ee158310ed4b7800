// Outlook's theme as CSS variables: its own colours for page and text, and our palette for light or dark ground.

const HEX = /^#?([0-9a-f]{6})(?:[0-9a-f]{2})?$/i;

function channels(colour) {
  const found = HEX.exec(colour ?? "");
  return found ? [0, 2, 4].map((at) => parseInt(found[1].slice(at, at + 2), 16)) : null;
}

/** Relative luminance (WCAG 2.2) of a colour as Office gives it, or null for one that cannot be read. */
export function luminance(colour) {
  const read = channels(colour);
  if (!read) return null;
  const [red, green, blue] = read.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two luminances (WCAG 2.2). */
export function contrast(first, second) {
  const [low, high] = [first, second].sort((left, right) => left - right);
  return (high + 0.05) / (low + 0.05);
}

const READABLE = 4.5;
const DARK = 0.18; // under it white text is the more readable

/** What a theme asks for: {dark, ground, ink}; ground and ink are null where Outlook's own could not be read on. */
export function palette(theme) {
  const ground = luminance(theme?.bodyBackgroundColor);
  const ink = luminance(theme?.bodyForegroundColor);
  if (ground === null) return { dark: false, ground: null, ink: null };
  const dark = ground < DARK;
  const extreme = dark ? ground < 0.05 : ground > 0.85; // our own colours are made for grounds near black or white
  const fits = extreme && ink !== null && contrast(ground, ink) >= READABLE;
  const written = (colour) => `#${HEX.exec(colour)[1]}`;
  return { dark, ground: fits ? written(theme.bodyBackgroundColor) : null, ink: fits ? written(theme.bodyForegroundColor) : null };
}

/** Put a theme on the page. */
export function wear(theme, root) {
  const { dark, ground, ink } = palette(theme);
  root.dataset.theme = dark ? "dark" : "light";
  for (const [name, colour] of [["--ground", ground], ["--ink", ink]]) {
    if (colour) root.style.setProperty(name, colour);
    else root.style.removeProperty(name);
  }
}
