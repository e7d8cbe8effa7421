import { render } from 'preact'
import { App } from './app.tsx'
import { takeToken } from './data/server.ts'
import './style.css'

takeToken()
const place = document.getElementById('app')
if (place) render(<App />, place)
