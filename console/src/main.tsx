// Starts the console.
import { render } from 'preact'
import { App } from './app.tsx'
import { keepFocus } from './lib/focus.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/components.css'

keepFocus()
const place = document.getElementById('app')
if (place !== null) render(<App />, place)
