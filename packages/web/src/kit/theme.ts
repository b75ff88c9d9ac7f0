import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';
const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark'];
const KEPT = 'thingward-theme';

const ofSystem = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let choice: ThemeChoice = CHOICES.find(each => each === localStorage.getItem(KEPT)) ?? 'system';

/** Takes the theme chosen here before, and follows the system where none was. */
export function keepTheme(): void {
  ofSystem.addEventListener('change', show);
  show();
}

/** From the system's to light to dark and back. */
export function nextTheme(): void {
  choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length] ?? 'system';
  localStorage.setItem(KEPT, choice);
  show();
}

export function useTheme(): { readonly choice: ThemeChoice; readonly isDark: boolean } {
  const state = useSyncExternalStore(listen, () => `${choice} ${isDark() ? 'dark' : 'light'}`);
  return { choice, isDark: state.endsWith(' dark') };
}

function isDark(): boolean {
  return choice === 'dark' || (choice === 'system' && ofSystem.matches);
}

function show(): void {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  for (const tell of listeners) tell();
}

function listen(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
