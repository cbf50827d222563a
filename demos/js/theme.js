/* Light or dark: the system's wish, unless the reader chose otherwise with the button. A plain script
 * in the head, so that the page never shows the wrong one first. */
{
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null; // storage may be forbidden
    }
  };
  const show = () => {
    const theme = chosen() ?? (system.matches ? 'dark' : 'light');
    root.dataset.theme = theme;
    const button = document.getElementById('theme');
    if (button) { // it says what it will do
      button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
    }
  };
  show();
  system.addEventListener('change', show);
  document.addEventListener('DOMContentLoaded', () => {
    show();
    document.getElementById('theme').addEventListener('click', () => {
      const next = root.dataset.theme === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem('theme', next);
        show();
      } catch {
        root.dataset.theme = next;
      }
    });
  });
}
