--- Cells as motions and text objects.
local cells = require('nbls.cells')

local M = {}

--- Moves the cursor by cells, to the line below the marker.
---@param count integer negative: upwards
function M.go(count)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local all = cells.of(0)
  local _, index = cells.at(0, line)
  local cell = all[math.max(1, math.min(#all, index + count))]
  if not cell then
    return
  end
  local target = cells.line(0, cell)
  -- An operator takes whole cells; a cursor that only moves goes to the code.
  if not vim.fn.mode(1):match('^no') and cell.has_marker then
    target = target + 1
  end
  vim.cmd("normal! m'")
  vim.api.nvim_win_set_cursor(0, { math.min(target + 1, vim.api.nvim_buf_line_count(0)), 0 })
end

--- Selects the lines of the cell under the cursor.
---@param whole boolean with its marker and the blank lines below it
function M.select(whole)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local cell, index = cells.at(0, line)
  if not cell then
    return
  end
  local following = cells.of(0)[index + 1]
  local first, last = cells.line(0, cell), following and cells.line(0, following) or vim.api.nvim_buf_line_count(0)
  if not whole then
    first = cell.has_marker and first + 1 or first
    while last > first + 1 and vim.fn.getline(last):match('^%s*$') do
      last = last - 1
    end
  end
  if first >= last then
    return
  end
  if vim.fn.mode():match('[vV\22]') then
    vim.cmd('normal! \27')
  end
  vim.api.nvim_win_set_cursor(0, { first + 1, 0 })
  vim.cmd('normal! V')
  vim.api.nvim_win_set_cursor(0, { last, 0 })
end

return M
