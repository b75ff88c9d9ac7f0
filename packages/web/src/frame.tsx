import { Button } from 'antd';
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { DeedFault, Said } from './kit/deeds.tsx';
import { FaultShown } from './kit/fault.tsx';
import { nextTheme, useTheme } from './kit/theme.ts';
import { ownZone } from './kit/times.tsx';
import { speak, useWords } from './kit/words.ts';
import { useSession } from './session.ts';

/** What stands around every page: the way to the content, the pages, language, theme, and what was said last. */
export function Frame({ nav, account, children }: FrameOf) {
  const { say } = useWords();
  const { standing, isLive, fault, leave } = useSession();
  const main = useRef<HTMLElement>(null);
  const isInside = standing.is === 'inside';
  const skip = (event: MouseEvent): void => {
    event.preventDefault();
    main.current?.focus();
  };
  const title = say('title');
  useEffect(() => {
    if (!isInside) document.title = title;
  }, [isInside, title]);
  return (
    <>
      <header id="top">
        {/* A way to a place within the page; the address itself is the router's. */}
        {/* biome-ignore lint/a11y/useValidAnchor: it leads to the content */}
        <a className="skip" href="#main" onClick={skip}>
          {say('nav.skip')}
        </a>
        <span className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          {title}
        </span>
        {isInside && nav}
        <div className="tools">
          {isInside && (
            <span id="live" className={isLive ? 'live on' : 'live off'}>
              {say(isLive ? 'live.on' : 'live.off')}
            </span>
          )}
          <ThemeButton />
          <LanguageButton />
          {isInside && account}
          {isInside && <Button onClick={() => void leave()}>{say('sign-out')}</Button>}
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {fault !== null && <FaultShown fault={fault} />}
        <DeedFault />
        {children}
      </main>
      <footer id="foot">
        <p>{say('foot.zone', { zone: ownZone })}</p>
      </footer>
      <Said />
    </>
  );
}

interface FrameOf {
  readonly nav?: ReactNode;
  readonly account?: ReactNode;
  readonly children: ReactNode;
}

function ThemeButton() {
  const { say } = useWords();
  const { choice } = useTheme();
  return (
    <Button id="theme" title={say('theme.next')} onClick={nextTheme}>
      {say(`theme.${choice}`)}
    </Button>
  );
}

function LanguageButton() {
  const { say, language } = useWords();
  const isEnglish = language === 'en';
  return (
    <Button
      id="language"
      lang={isEnglish ? 'zh-CN' : 'en'}
      onClick={() => void speak(isEnglish ? 'zh' : 'en')}
    >
      {say('other-language')}
    </Button>
  );
}
