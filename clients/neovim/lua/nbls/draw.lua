--- What the server rendered, as extmarks and highlights.
local M = {}

local api = vim.api
local namespace = api.nvim_create_namespace('nbls')
local scrolls = vim.fn.has('nvim-0.11') == 1

local groups = {
  NblsOutput = { default = true },
  NblsBar = { link = 'LineNr', default = true },
  NblsStatus = { link = 'Comment', default = true },
  NblsRunning = { link = 'DiagnosticInfo', default = true },
  NblsSucceeded = { link = 'DiagnosticOk', default = true },
  NblsFailed = { link = 'DiagnosticError', default = true },
  NblsMarker = { link = 'CursorLine', default = true },
}

local group_of_state = {
  queued = 'NblsRunning',
  running = 'NblsRunning',
  succeeded = 'NblsSucceeded',
  failed = 'NblsFailed',
  interrupted = 'NblsFailed',
}

--- What each span looks like, by its look: the groups last as long as Neovim and are few.
---@type table<string, vim.api.keyset.highlight>
local looks = {}
local look_count = 0

--- Neovim has room for some thousands of groups; what comes after has the colour of plain text.
local looks_max = 5000

local ansi = {
  [0] = '#000000', '#cd3131', '#0dbc79', '#b5a000', '#2472c8', '#bc3fbc', '#11a8cd', '#cccccc',
  '#666666', '#f14c4c', '#23d18b', '#d7c600', '#3b8eea', '#d670d6', '#29b8db', '#ffffff',
}

--- `#rrggbb` of a colour of a terminal with 256 of them, the first 16 as the user's colour scheme has them.
local function rgb(color)
  if type(color) ~= 'number' then
    return color
  elseif color < 16 then
    return vim.g['terminal_color_' .. color] or ansi[color]
  elseif color >= 232 then
    return ('#%02x%02x%02x'):format(color * 10 - 2312, color * 10 - 2312, color * 10 - 2312)
  end
  local function level(part)
    return part == 0 and 0 or 55 + 40 * part
  end
  local cube = color - 16
  return ('#%02x%02x%02x'):format(level(math.floor(cube / 36)), level(math.floor(cube / 6) % 6), level(cube % 6))
end

local function define(name, look)
  local fg, bg = look.fg, look.bg
  local dim = look.dim and not fg and api.nvim_get_hl(0, { name = 'Comment', link = false }).fg or nil
  api.nvim_set_hl(0, name, {
    fg = dim or rgb(fg),
    bg = rgb(bg),
    ctermfg = type(fg) == 'number' and fg or nil,
    ctermbg = type(bg) == 'number' and bg or nil,
    bold = look.bold,
    italic = look.italic,
    underline = look.underline,
  })
end

---@return string group
local function highlight(span)
  local key = ('%s_%s_'):format(span.fg or '', span.bg or '')
  for _, flag in ipairs({ 'bold', 'italic', 'underline', 'dim' }) do
    key = span[flag] and key .. flag or key
  end
  if key == '__' then
    return 'NblsOutput'
  end
  local name = 'NblsSpan_' .. key:gsub('#', '')
  if not looks[name] and look_count < looks_max then
    looks[name], look_count = span, look_count + 1
    define(name, span)
  end
  return looks[name] and name or 'NblsOutput'
end

local function define_all()
  for name, definition in pairs(groups) do
    api.nvim_set_hl(0, name, definition)
  end
  for name, look in pairs(looks) do
    define(name, look)
  end
end
define_all()
api.nvim_create_autocmd('ColorScheme', { group = api.nvim_create_augroup('nbls.highlights', {}), callback = define_all })

--- The line that an extmark is in now.
---@return integer? line 0-based
function M.line(bufnr, mark)
  return api.nvim_buf_get_extmark_by_id(bufnr, namespace, mark, {})[1]
end

local function place(bufnr, mark, line, options)
  line = line or mark and M.line(bufnr, mark) or 0
  options.id = mark
  options.undo_restore = false
  return api.nvim_buf_set_extmark(bufnr, namespace, math.min(line, api.nvim_buf_line_count(bufnr) - 1), 0, options)
end

--- The state of a cell, behind its first line. Without `line` it stays where it is.
---@return integer mark
function M.marker(bufnr, cell, line)
  local status = cell.status ~= '' and { { cell.status, group_of_state[cell.state] or 'NblsStatus' } } or nil
  return place(bufnr, cell.mark, line, { virt_text = status, hl_mode = 'combine', line_hl_group = 'NblsMarker' })
end

--- The output of a cell, below its last line. Without `line` it stays where it is.
---@return integer mark
function M.output(bufnr, cell, line)
  local bar, virt_lines = { '│ ', 'NblsBar' }, {}
  if cell.hidden > 0 then
    local more = ('… %d more line%s (:Nbls output)'):format(cell.hidden, cell.hidden == 1 and '' or 's')
    virt_lines[1] = { bar, { more, 'NblsStatus' } }
  end
  for _, spans in ipairs(cell.lines) do
    local chunks = { bar }
    for _, span in ipairs(spans) do
      table.insert(chunks, { span.text, highlight(span) })
    end
    table.insert(virt_lines, chunks)
  end
  return place(bufnr, cell.output, line, {
    virt_lines = #virt_lines > 0 and virt_lines or nil,
    virt_lines_overflow = scrolls and 'scroll' or nil,
  })
end

function M.remove(bufnr, cell)
  api.nvim_buf_del_extmark(bufnr, namespace, cell.mark)
  api.nvim_buf_del_extmark(bufnr, namespace, cell.output)
end

function M.clear(bufnr)
  if api.nvim_buf_is_valid(bufnr) then
    api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

--- Scrolls the window so far that the output below the cursor's cell is seen, but not the cursor out of it.
---@param cell nbls.Cell
function M.reveal(bufnr, cell)
  if api.nvim_get_current_buf() ~= bufnr or api.nvim_get_mode().mode ~= 'n' then
    return
  end
  local first, last = M.line(bufnr, cell.mark), M.line(bufnr, cell.output)
  local cursor = vim.fn.line('.') - 1
  local window = vim.fn.getwininfo(api.nvim_get_current_win())[1]
  local row = vim.fn.screenpos(0, last + 1, 1).row
  if cursor < first or cursor > last or row == 0 then
    return
  end
  local hidden = row + #cell.lines + math.min(cell.hidden, 1) - (window.winrow + window.winbar + window.height - 1)
  local above = vim.fn.winline() - 1 - vim.o.scrolloff
  local count = math.min(hidden, above)
  if count > 0 then
    vim.cmd(('normal! %d\5'):format(count))
  end
end

--- Gives pictures to the terminal; it paints them over their placeholders, which are text.
function M.images(images)
  for _, image in ipairs(images) do
    local file = image.transmission and io.open(image.transmission, 'rb')
    for sequence in file and file:lines() or function() end do
      if api.nvim_ui_send then
        api.nvim_ui_send(sequence)
      else
        io.stdout:write(sequence)
        io.stdout:flush()
      end
    end
    if file then
      file:close()
    end
  end
end

return M
