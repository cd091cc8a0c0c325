// Asks again and again, as long as the page is looked at, and keeps a tally of
// the tasks that answer.

const pause = 1000 // milliseconds from an answer to the next request
const patience = 4000 // milliseconds that an answer may take
const silence = 8000 // milliseconds after which a task fades, besides those of the turns of others
const mostTasks = 20 // beyond them, the one that was silent for longest goes
const mostMarks = 60 // as home.css has columns for
const colors = 6 // as home.css has

const status = document.querySelector('[role=status]')
const marks = document.querySelector('ol')
const table = document.querySelector('table')
const [firstRow] = table.tBodies[0].rows

// The first answer was the page itself.
const [firstTask, firstVersion] = Array.from(firstRow.cells, cell => cell.textContent)
const tasks = new Map([
  [key(firstTask, firstVersion), { version: firstVersion, row: firstRow, count: 1, seen: Date.now() }],
])
const failures = { count: 0, seen: 0, latest: '' }
let answering = []
let latestColor = 0

for (;;) {
  await new Promise(resume => setTimeout(resume, pause))
  await visible()
  await ask()
  show()
}

// visible waits until somebody looks at the page.
function visible() {
  if (!document.hidden) return
  return new Promise(resume => document.addEventListener('visibilitychange', resume, { once: true }))
}

async function ask() {
  let about
  try {
    about = await request()
  } catch (problem) {
    noteFailure(problem.message)
    return
  }
  noteAnswer(about)
}

// request returns what a task says of itself.
async function request() {
  const answer = await fetch('/', {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal: AbortSignal.timeout(patience),
  })
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return answer.json()
}

// key tells tasks apart. Outside of ECS a task is the name of its host, which
// other versions may have run on before.
function key(task, version) {
  return task + ' ' + version
}

function noteAnswer(about) {
  const name = key(about.task, about.version)
  const task = tasks.get(name) ?? add(name, about)
  task.count++
  task.seen = Date.now()
  failures.latest = ''
  mark().dataset.color = task.row.dataset.color
}

// add gives a task its row, above those that were there before.
function add(name, about) {
  const row = firstRow.cloneNode(true)
  row.dataset.color = colorOf(about.version)
  const texts = [about.task, about.version, about.zone ?? 'not known']
  texts.forEach((text, column) => { row.cells[column].textContent = text })
  table.tBodies[0].prepend(row)
  const task = { version: about.version, row, count: 0, seen: Date.now() }
  tasks.set(name, task)
  if (tasks.size > mostTasks) dropMostSilent()
  return task
}

function colorOf(version) {
  for (const task of tasks.values()) {
    if (task.version === version) return task.row.dataset.color
  }
  latestColor = (latestColor + 1) % colors
  return latestColor
}

function dropMostSilent() {
  const [name, task] = [...tasks].reduce((a, b) => a[1].seen <= b[1].seen ? a : b)
  task.row.remove()
  tasks.delete(name)
}

function noteFailure(reason) {
  failures.count++
  failures.seen = Date.now()
  failures.latest = reason
  mark().className = 'failed'
}

// mark adds a mark, which is returned.
function mark() {
  if (marks.children.length === mostMarks) marks.firstChild.remove()
  return marks.appendChild(document.createElement('li'))
}

function show() {
  const all = [...tasks.values()]
  answering = all.filter(task => !isSilent(task))
  for (const task of all) {
    task.row.className = answering.includes(task) ? '' : 'silent'
    showCount(task.row, task)
  }
  if (failures.count > 0) {
    table.tFoot.className = 'failing'
    showCount(table.tFoot.rows[0], failures)
  }
  showStatus()
}

// isSilent tells whether a task has not answered for longer than its turn among
// the others takes to come.
function isSilent(task) {
  return Date.now() - task.seen > silence + 2 * pause * answering.length
}

// showCount writes the last two cells of a row.
function showCount(row, counted) {
  const [count, seen] = [...row.cells].slice(-2)
  count.textContent = counted.count
  seen.textContent = ago(Date.now() - counted.seen)
}

function ago(milliseconds) {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 2) return 'now'
  if (seconds < 120) return `${seconds} s ago`
  return `${Math.floor(seconds / 60)} min ago`
}

// showStatus says how it goes. A screen reader reads it aloud, so it changes
// when something happens and not with each answer.
function showStatus() {
  const versions = new Set(answering.map(task => task.version)).size
  const count = answering.length === 1 ? '1 task answers' : `${answering.length} tasks answer`
  if (failures.latest) say('failing', `The latest request failed: ${failures.latest}.`)
  else say('', `${count}, of ${versions === 1 ? 'one version' : `${versions} versions`}.`)
}

function say(className, text) {
  if (status.textContent === text) return
  status.className = className
  status.textContent = text
}
