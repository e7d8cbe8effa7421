import { useEffect, useState } from 'preact/hooks'

/** Where the page is: a view, and what is looked at in it. */
export interface Route {
  view: string
  detail: string | undefined
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read)
  useEffect(() => {
    const changed = () => setRoute(read())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return route
}

export function linkTo(view: string, detail?: string | number): string {
  return `#/${view}${detail === undefined ? '' : `/${encodeURIComponent(detail)}`}`
}

export function goTo(view: string, detail?: string | number): void {
  location.hash = linkTo(view, detail)
}

function read(): Route {
  const [, view = 'messages', detail] = location.hash.split('/')
  return { view: view || 'messages', detail: detail === undefined ? undefined : decodeURIComponent(detail) }
}
