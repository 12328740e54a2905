// Opens the usage page and the upgrade page in Chromium, and prints what they show.
import { createRequire } from 'node:module'

const [, , webPackage, executablePath] = process.argv
const { chromium } = createRequire(webPackage)('playwright')
const { GATE_WEB: web, GATE_USER_EMAIL: email, GATE_USER_PASSWORD: password } = process.env
const SECONDS = 30_000

// Chromium's own sandbox does not start as root.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const browser = await chromium.launch({ executablePath, args: [...sandbox, '--no-proxy-server', '--disable-gpu'] })
const problems = []
try {
  const page = await browser.newPage()
  page.setDefaultTimeout(SECONDS)
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(`${web}/usage`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  const meter = await page.getByRole('meter', { name: 'Tokens' }).getAttribute('aria-valuetext')
  const usage = new URL(page.url()).pathname
  await page.goto(`${web}/upgrade`)
  const plans = page.getByRole('article')
  await plans.first().waitFor()
  const names = await page.getByRole('article').getByRole('heading').allInnerTexts()
  if (names.length < 2) problems.push(`the upgrade page shows ${names.length} plans`)
  console.log(`${usage}: ${meter}; ${new URL(page.url()).pathname}: ${names.join(', ')}`)
} catch (error) {
  problems.push(error.message)
} finally {
  await browser.close()
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}
