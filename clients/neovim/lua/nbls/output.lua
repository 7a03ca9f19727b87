--- The whole output of a cell in a window of its own, read page by page.
local cells = require('nbls.cells')

local M = {}

local api = vim.api
local page_lines = 1000

---@type table<string, { bufnr: integer, read: fun(from: integer), count: integer }>
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

  local shown = { bufnr = bufnr, count = 0, total = math.huge }
  local textDocument = { uri = vim.uri_from_bufnr(source) }

  --- Reads a page from a line on, in place of all that was shown from there.
  function shown.read(from)
    local params = { textDocument = textDocument, cellId = cell.id, as = 'text', offset = from, limit = page_lines }
    require('nbls').request(client, 'nbls/outputs', params, source, function(page)
      if not api.nvim_buf_is_valid(bufnr) then
        return
      end
      shown.total = page.lineCount
      if page.lineCount < from then
        return shown.read(0)
      end
      local lines = vim.split(page.text:gsub('\n$', ''), '\n', { plain = true })
      if page.lineCount == from then
        lines = {}
      end
      shown.count = from + #lines
      vim.bo[bufnr].modifiable = true
      api.nvim_buf_set_lines(bufnr, from, -1, false, lines)
      vim.bo[bufnr].modifiable = false
    end)
  end

  open[key] = shown
  vim.cmd('belowright ' .. math.max(5, math.floor(api.nvim_win_get_height(0) / 3)) .. 'split')
  api.nvim_win_set_buf(0, bufnr)
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
  api.nvim_create_autocmd({ 'CursorMoved', 'WinScrolled' }, {
    buffer = bufnr,
    callback = function()
      if shown.count < shown.total and vim.fn.line('w$') + page_lines / 2 > shown.count then
        shown.read(shown.count)
      end
    end,
  })
  api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      open[key] = nil
    end,
  })
  shown.read(0)
end

--- The output of a cell changed: its last page is read again.
function M.changed(source, cell_id)
  local shown = open[key_of(source, cell_id)]
  if shown then
    shown.read(math.max(0, shown.count - page_lines / 2))
  end
end

return M
