import { ConfigProvider, type ThemeConfig, theme } from 'antd';
import type { Locale } from 'antd/es/locale';
import { type ReactNode, useEffect, useState } from 'react';
import { AskAround } from './kit/ask.tsx';
import { useTheme } from './kit/theme.ts';
import { useWords } from './kit/words.ts';

const FONT =
  'system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

/** What both themes have in common; nothing moves, so that nothing flickers and no one is made dizzy. */
const BASE: NonNullable<ThemeConfig['token']> = {
  ...{ fontFamily: FONT, fontSize: 15, borderRadius: 6, controlHeight: 38, motion: false },
};

/** Colours are those of `style.css`; each pair was measured at 4.5 to 1 or more (WCAG 1.4.3). */
const LIGHT: ThemeConfig = {
  cssVar: { key: 'thingward' },
  hashed: false,
  token: {
    ...BASE,
    ...{ colorPrimary: '#0b5c6b', colorLink: '#0b5c6b', colorError: '#a3161f', colorTextBase: '#14212b' },
    ...{ colorTextPlaceholder: '#5a6872', colorTextDescription: '#4d5d69', colorBorder: '#6f7f8a' },
  },
};
const DARK: ThemeConfig = {
  cssVar: { key: 'thingward' },
  hashed: false,
  algorithm: theme.darkAlgorithm,
  token: {
    ...BASE,
    ...{ colorPrimary: '#8fdcea', colorLink: '#7fd0df', colorError: '#ffa3a3', colorTextBase: '#e7edf0' },
    ...{ colorBgBase: '#0f1518', colorBgContainer: '#182126', colorBgElevated: '#182126' },
    ...{ colorTextPlaceholder: '#a3b2bb', colorTextDescription: '#a3b2bb', colorBorder: '#6f8088' },
  },
  components: { Button: { primaryColor: '#06262d' } },
};

/** Theme and language of the kit, and the dialogs, which need both. */
export function Look({ children }: { readonly children: ReactNode }) {
  const { isDark } = useTheme();
  return (
    <ConfigProvider
      theme={isDark ? DARK : LIGHT}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
      {...useKitLocale()}
    >
      <AskAround>{children}</AskAround>
    </ConfigProvider>
  );
}

/** The kit's own words, Chinese ones fetched when they are wanted; English is built in. */
function useKitLocale(): { readonly locale?: Locale } {
  const { language } = useWords();
  const [chinese, setChinese] = useState<Locale>();
  useEffect(() => {
    if (language === 'zh') void import('antd/locale/zh_CN').then(module => setChinese(module.default));
  }, [language]);
  return language === 'zh' && chinese !== undefined ? { locale: chinese } : {};
}
