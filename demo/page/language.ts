/**
 * On machines without a language Chromium calls its own "en-US@posix", which is none and makes uPlot throw when it is
 * loaded; so this is to be imported before it.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
