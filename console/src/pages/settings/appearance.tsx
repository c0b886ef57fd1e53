// How the console looks, speaks and sounds in this browser.
import { Select, Toggle } from '../../components/field.tsx'
import { sounds, theme, themes } from '../../lib/settings.ts'
import type { Theme } from '../../lib/settings.ts'
import { language, languages } from '../../lib/texts.ts'
import type { Language } from '../../lib/texts.ts'
import { texts as frame } from '../../texts.ts'
import { texts } from './texts.ts'

const themeNames: Record<Theme, () => string> = {
  system: () => frame.themeSystem, light: () => frame.themeLight, dark: () => frame.themeDark, contrast: () => frame.themeContrast
}

/** Choices that this browser keeps. */
export function Appearance () {
  return (
    <>
      <section aria-labelledby='looks'>
        <h2 id='looks'>{texts.looks}</h2>
        <Select label={texts.language} hint={texts.languageHint} value={language.value} options={Object.entries(languages).map(([value, label]) => ({ value, label, lang: value }))} onChange={value => { language.value = value as Language }} />
        <Select label={texts.theme} hint={texts.themeHint} value={theme.value} options={themes.map(value => ({ value, label: themeNames[value]() }))} onChange={value => { theme.value = value as Theme }} />
        <Toggle label={texts.sounds} hint={texts.soundsHint} isOn={sounds.value} onChange={isOn => { sounds.value = isOn }} />
      </section>
      <section aria-labelledby='privacy'>
        <h2 id='privacy'>{texts.privacy}</h2>
        <ul>
          <li>{texts.keptHere}</li>
          <li>{texts.keptToken}</li>
          <li>{texts.noStrangers}</li>
        </ul>
      </section>
    </>
  )
}
