--- The cells of each buffer: where they are, and what is shown at them.
local draw = require('nbls.draw')

local M = {}

---@class nbls.Cell
---@field id string
---@field has_marker boolean the text before the first marker is a cell without one
---@field mark integer extmark in its first line
---@field output integer extmark in the line above its output
---@field lines table[] as the server rendered them
---@field hidden integer lines above those

---@class nbls.Buffer
---@field client_id integer
---@field cells nbls.Cell[] in document order
---@field edits { tick: integer, first: integer, last: integer, new_last: integer }[] that the server may not know yet
local buffers = {}

--- The cells of a buffer in document order.
---@param bufnr integer 0: the current one
---@return nbls.Cell[]
function M.of(bufnr)
  local buffer = buffers[bufnr == 0 and vim.api.nvim_get_current_buf() or bufnr]
  return buffer and buffer.cells or {}
end

---@param bufnr integer
---@param cell nbls.Cell
---@return integer line 0-based
function M.line(bufnr, cell)
  return draw.line(bufnr, cell.mark) or 0
end

--- The cell of a line, and its index.
---@param bufnr integer
---@param line integer 0-based
---@return nbls.Cell?, integer
function M.at(bufnr, line)
  local cells = M.of(bufnr)
  local low, high = 0, #cells
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if M.line(bufnr, cells[middle]) <= line then
      low = middle
    else
      high = middle - 1
    end
  end
  return cells[low], low
end

--- Where a line of the server's version of the text is now: edits that it has not seen yet moved it.
local function line_now(buffer, line, version)
  for _, edit in ipairs(buffer.edits) do
    if edit.tick <= version then
      -- It has seen this one.
    elseif line >= edit.last then
      line = line + edit.new_last - edit.last
    elseif line >= edit.first then
      line = math.min(line, math.max(edit.first, edit.new_last - 1))
    end
  end
  return line
end

--- Puts what is drawn of a cell where the server says that the cell is.
local function place(bufnr, buffer, cell, told, version)
  local first, last = told.bodyRange.start, told.bodyRange['end']
  local is_empty = first.line == last.line and first.character == last.character
  cell.has_marker = first.line > told.range.start.line or first.character > 0
  cell.mark = draw.marker(bufnr, cell, line_now(buffer, told.range.start.line, version))
  cell.output = draw.output(bufnr, cell, line_now(buffer, is_empty and told.range.start.line or last.line, version))
end

--- Edits rest this long before they are asked for.
local ask_ms = 200

--- Asks where the cells are.
local function ask(bufnr, buffer)
  local client = buffers[bufnr] == buffer and vim.lsp.get_client_by_id(buffer.client_id)
  if not client then
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
  require('nbls').request(client, 'nbls/cells', params, bufnr, function(result)
    -- An answer that notifications have overtaken is no answer.
    if (result.version or 0) < buffer.version then
      return ask(bufnr, buffer)
    end
    buffer.is_asking = false
    -- Which cells there are is told by notifications, in their order.
    for _, told in ipairs(buffers[bufnr] == buffer and result.cells or {}) do
      if buffer.by_id[told.id] then
        place(bufnr, buffer, buffer.by_id[told.id], told, result.version or 0)
      end
    end
  end)
end

function M.attach(client, bufnr)
  if buffers[bufnr] then
    return
  end
  -- What was drawn before the file was read again is nobody's now.
  draw.clear(bufnr)
  local buffer = { client_id = client.id, cells = {}, by_id = {}, edits = {}, version = 0 }
  buffers[bufnr] = buffer
  vim.api.nvim_buf_attach(bufnr, false, {
    on_lines = function(_, _, tick, first, last, new_last)
      if buffers[bufnr] ~= buffer then
        return true
      end
      if last ~= new_last then
        table.insert(buffer.edits, { tick = tick, first = first, last = last, new_last = new_last })
      end
      -- Neovim tells the server the smallest difference, and extmarks where lines were written: of equal lines others.
      if (last ~= new_last or last - first > 1) and not buffer.is_asking then
        buffer.is_asking = true
        vim.defer_fn(function()
          ask(bufnr, buffer)
        end, ask_ms)
      end
    end,
    -- Read again: the server is told, and tells all cells anew.
    on_reload = function()
      buffer.cells, buffer.by_id, buffer.edits = {}, {}, {}
      draw.clear(bufnr)
    end,
    on_detach = function()
      buffers[bufnr] = nil
    end,
  })
end

--- Forgets the buffers of a server that has ended.
function M.detach(client_id)
  for bufnr, buffer in pairs(buffers) do
    if buffer.client_id == client_id then
      buffers[bufnr] = nil
      draw.clear(bufnr)
      vim.b[bufnr].nbls_kernel = nil
    end
  end
end

local function buffer_of(params)
  local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
  return bufnr, buffers[bufnr]
end

function M.did_change_cells(_, params)
  local bufnr, buffer = buffer_of(params)
  if not buffer then
    return
  end
  local version = params.textDocument.version or 0
  buffer.version = version
  buffer.edits = vim.tbl_filter(function(edit)
    return edit.tick > version
  end, buffer.edits)
  local gone = {}
  for _, change in ipairs(params.changes) do
    local cells = vim.list_slice(buffer.cells, 1, change.start)
    for index = change.start + 1, change.start + change.deleteCount do
      gone[buffer.cells[index].id] = buffer.cells[index]
    end
    for _, told in ipairs(change.cells) do
      local cell = buffer.by_id[told.id] or gone[told.id] or { id = told.id, seq = -1, lines = {}, hidden = 0 }
      gone[told.id] = nil
      buffer.by_id[told.id] = cell
      cell.state, cell.status = told.state, told.statusText or ''
      place(bufnr, buffer, cell, told, version)
      table.insert(cells, cell)
    end
    buffer.cells = vim.list_extend(cells, buffer.cells, change.start + change.deleteCount + 1)
  end
  for id, cell in pairs(gone) do
    buffer.by_id[id] = nil
    draw.remove(bufnr, cell)
  end
end

function M.did_change_execution(_, params)
  local bufnr, buffer = buffer_of(params)
  local cell = buffer and buffer.by_id[params.cellId]
  if not cell then
    return
  end
  cell.state, cell.status = params.state, params.statusText or params.state
  draw.marker(bufnr, cell)
  if params.message and params.state == 'failed' then
    vim.notify('nbls: ' .. params.message, vim.log.levels.ERROR)
  end
end

function M.did_change_outputs(_, params)
  local bufnr, buffer = buffer_of(params)
  local cell = buffer and buffer.by_id[params.cellId]
  if not cell or params.seq < cell.seq then
    return
  end
  cell.seq, cell.lines, cell.hidden = params.seq, params.lines, params.hiddenLineCount
  if params.statusText then
    cell.status = params.statusText
    draw.marker(bufnr, cell)
  end
  draw.images(params.images)
  draw.output(bufnr, cell)
  if cell.state == 'running' or cell.state == 'queued' then
    draw.reveal(bufnr, cell)
  end
  require('nbls.output').changed(bufnr, cell.id)
end

return M
