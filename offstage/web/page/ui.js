// What every view is written with: Preact, htm and signals under one name.
import { h, render, Fragment } from "./vendor/preact.js";
import { useEffect, useRef, useState, useMemo, useCallback } from "./vendor/hooks.js";
import { signal, computed, effect, batch } from "./vendor/signals.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { render, Fragment, useEffect, useRef, useState, useMemo, useCallback, signal, computed, effect, batch };
