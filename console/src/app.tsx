// The frame of the console: menu, language, colours, signing in, the page itself, and the live regions.
import { Link, Route, Router, Switch, useLocation } from 'wouter-preact'
import { useHashLocation } from 'wouter-preact/use-hash-location'
import { Select } from './components/field.tsx'
import { Guard } from './components/guard.tsx'
import { lazy, Suspense } from './components/lazy.tsx'
import { Waiting } from './components/loaded.tsx'
import { Page } from './components/page.tsx'
import { SignIn } from './components/sign-in.tsx'
import { announce, spoken } from './lib/announce.ts'
import { askForSignIn, isSignedIn, signOut } from './lib/session.ts'
import { theme, themes } from './lib/settings.ts'
import type { Theme } from './lib/settings.ts'
import { language, languages } from './lib/texts.ts'
import type { Language } from './lib/texts.ts'
import { pages } from './pages.ts'
import { texts } from './texts.ts'

const routes = pages.map(({ path, load }) => ({ path, Component: lazy(load) }))

/** The console. */
export function App () {
  return (
    <Router hook={useHashLocation}>
      <SkipLink />
      <header class='frame-header'>
        <span class='brand' aria-hidden='true'>{texts.tutti}</span>
        <Menu />
        <Preferences />
      </header>
      <Content />
      <SignIn />
      <Announcements />
    </Router>
  )
}

function SkipLink () {
  // A link to #main would be taken for a page.
  return <button type='button' class='skip' onClick={() => document.querySelector('h1')?.focus()}>{texts.skip}</button>
}

function Menu () {
  const [location] = useLocation()
  return (
    <nav aria-label={texts.pages}>
      <ul class='menu'>
        {pages.map(({ path, name }) => (
          <li key={path}><Link href={path} aria-current={isAt(location, path) ? 'page' : undefined}>{name()}</Link></li>
        ))}
      </ul>
    </nav>
  )
}

/** Whether a location belongs to a page. */
function isAt (location: string, path: string): boolean {
  return location === path || (path !== '/' && location.startsWith(`${path}/`))
}

const themeNames: Record<Theme, () => string> = {
  system: () => texts.themeSystem, light: () => texts.themeLight, dark: () => texts.themeDark, contrast: () => texts.themeContrast
}

function Preferences () {
  return (
    <div class='preferences'>
      <Select label={texts.language} value={language.value} options={Object.entries(languages).map(([value, label]) => ({ value, label, lang: value }))} onChange={value => { language.value = value as Language }} />
      <Select label={texts.theme} value={theme.value} options={themes.map(value => ({ value, label: themeNames[value]() }))} onChange={value => { theme.value = value as Theme }} />
      {isSignedIn.value
        ? <button type='button' onClick={() => { signOut(); announce(texts.signedOut) }}>{texts.signOut}</button>
        : <button type='button' onClick={askForSignIn}>{texts.signIn}</button>}
    </div>
  )
}

function Content () {
  const [location] = useLocation()
  const part = pages.findLast(({ path }) => isAt(location, path))?.path ?? location
  return (
    <main id='main'>
      <Guard key={part}>
        <Suspense fallback={<Waiting />}>
          <Switch>
            {routes.map(({ path, Component }) => path === '/'
              ? <Route key={path} path={path}><Component /></Route>
              : <Route key={path} path={path} nest><Component /></Route>)}
            <Route><Page title={texts.noPage} lead={texts.noPageLead}><p><Link href='/'>{texts.home}</Link></p></Page></Route>
          </Switch>
        </Suspense>
      </Guard>
    </main>
  )
}

function Announcements () {
  const { polite, urgent } = spoken.value
  return (
    <>
      <div class='heard-only' role='status' aria-live='polite' id='announcements'>{polite}</div>
      <div class='heard-only' role='alert' aria-live='assertive'>{urgent}</div>
    </>
  )
}
