import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { asked } from './kit/asking.ts';
import { DeedsAround } from './kit/deeds.tsx';
import { keepTheme } from './kit/theme.ts';
import { languageWanted, speak } from './kit/words.ts';
import { Look } from './look.tsx';
import './style.css';

keepTheme();
await speak(languageWanted());
const place = document.querySelector('#console');
if (place === null) throw new Error('the page has no place for the console');
createRoot(place).render(
  <QueryClientProvider client={asked}>
    <Look>
      <DeedsAround>
        <App />
      </DeedsAround>
    </Look>
  </QueryClientProvider>,
);
