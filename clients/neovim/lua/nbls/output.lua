--- The whole output of a cell in a window of its own, read page by page.
local cells = require('nbls.cells')

local M = {}

local api = vim.api
local page_lines = 1000

---@type table<string, { bufnr: integer, is_stale: boolean, read: fun() }>
local open = {}

local function key_of(source, cell_id)
  return source .. '#' .. cell_id
end

--- Opens the output of the cell under the cursor, or moves to where it is open.
function M.open(client, source)
  local cell = cells.at(source, api.nvim_win_get_cursor(0)[1] - 1)
  if not cell then
    return vim.notify('nbls: no cell here', vim.log.levels.WARN)
  end
  local key = key_of(source, cell.id)
  if open[key] and vim.fn.bufwinid(open[key].bufnr) ~= -1 then
    return api.nvim_set_current_win(vim.fn.bufwinid(open[key].bufnr))
  end
  local bufnr = api.nvim_create_buf(false, true)
  local name = ('nbls://%s/%s'):format(vim.fn.fnamemodify(api.nvim_buf_get_name(source), ':t'), cell.id)
  pcall(api.nvim_buf_set_name, bufnr, name)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].modifiable = false

  -- Of the lines that are wanted, the first `valid` need not be read again.
  local shown = { bufnr = bufnr, valid = 0, wanted = page_lines, total = math.huge }
  local textDocument = { uri = vim.uri_from_bufnr(source) }

  local function take(from, page)
    local lines = page.lineCount > from and vim.split(page.text:gsub('\n$', ''), '\n', { plain = true }) or {}
    local window = vim.fn.bufwinid(bufnr)
    local is_at_end = shown.valid > 0 and window ~= -1 and vim.fn.line('.', window) == api.nvim_buf_line_count(bufnr)
    shown.valid, shown.total = page.lineCount < from and 0 or from + #lines, page.lineCount
    vim.bo[bufnr].modifiable = true
    api.nvim_buf_set_lines(bufnr, from, -1, false, lines)
    vim.bo[bufnr].modifiable = false
    -- Who looks at the end wants to see what comes.
    if is_at_end then
      api.nvim_win_set_cursor(window, { api.nvim_buf_line_count(bufnr), 0 })
    end
  end

  --- Reads what is missing, and a page ahead of the window.
  function shown.read()
    local window = vim.fn.bufwinid(bufnr)
    if window ~= -1 and shown.wanted < shown.total and vim.fn.line('w$', window) + page_lines / 2 > shown.wanted then
      shown.wanted = shown.wanted + page_lines
    end
    if shown.is_reading or not shown.is_stale and shown.valid >= math.min(shown.wanted, shown.total) then
      return
    end
    local from = shown.is_stale and math.max(0, shown.valid - page_lines / 2) or shown.valid
    shown.is_reading, shown.is_stale = true, false
    local params = { textDocument = textDocument, cellId = cell.id, as = 'text', offset = from, limit = shown.wanted - from }
    require('nbls').request(client, 'nbls/outputs', params, source, function(page)
      shown.is_reading = false
      if api.nvim_buf_is_valid(bufnr) then
        take(from, page)
        shown.read()
      end
    end)
  end

  open[key] = shown
  vim.cmd('belowright ' .. math.max(5, math.floor(api.nvim_win_get_height(0) / 3)) .. 'split')
  api.nvim_win_set_buf(0, bufnr)
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
  api.nvim_create_autocmd({ 'CursorMoved', 'WinScrolled' }, {
    buffer = bufnr,
    callback = shown.read,
  })
  api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      open[key] = nil
    end,
  })
  shown.read()
end

--- The output of a cell changed: the end of what is shown of it is read again.
function M.changed(source, cell_id)
  local shown = open[key_of(source, cell_id)]
  if shown then
    shown.is_stale = true
    shown.read()
  end
end

return M
