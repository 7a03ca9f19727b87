-- Edits a notebook as users and their other plugins do, and after each burst compares where cells are drawn with where the
-- server has them. Prints `same` and the number of comparisons, or the first difference.
local cells = require('nbls.cells')
local namespace = vim.api.nvim_get_namespaces().nbls

math.randomseed(tonumber(vim.env.NBLS_TEST_SEED) or 1)

local function random_line()
  return math.random(vim.api.nvim_buf_line_count(0))
end

local function write_anew(first, last)
  vim.api.nvim_buf_set_lines(0, first - 1, last, false, vim.api.nvim_buf_get_lines(0, first - 1, last, false))
end

local edits = {
  function() vim.cmd.normal({ random_line() .. 'Gdd', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'Gox = 1\27', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'GO# %% new\27', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'GJ', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'Gd3jGp', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'GVjyP', bang = true }) end,
  function() vim.cmd.normal({ random_line() .. 'GA # more\27', bang = true }) end,
  function() vim.cmd(('silent! %dmove %d'):format(random_line(), random_line())) end,
  function() vim.cmd('silent! undo') end,
  function() vim.cmd('silent! redo') end,
  function() write_anew(1, vim.api.nvim_buf_line_count(0)) end,
  function()
    local first = random_line()
    write_anew(first, math.min(first + 5, vim.api.nvim_buf_line_count(0)))
  end,
}

local function drawn(mark)
  return vim.api.nvim_buf_get_extmark_by_id(0, namespace, mark, {})[1]
end

local function difference(client)
  local params = { textDocument = { uri = vim.uri_from_bufnr(0) } }
  local told = require('nbls').request_sync(client, 'nbls/cells', params, 0, 5000)
  local ours = cells.of(0)
  if #ours ~= #told.cells then
    return ('%d cells, and the server has %d'):format(#ours, #told.cells)
  end
  for index, cell in ipairs(told.cells) do
    local body = cell.bodyRange
    local is_empty = vim.deep_equal(body.start, body['end'])
    local wanted = { cell.id, cell.range.start.line, is_empty and cell.range.start.line or body['end'].line }
    local is = { ours[index].id, drawn(ours[index].mark), drawn(ours[index].output) }
    if not vim.deep_equal(wanted, is) then
      return ('cell %d is %s, and at the server %s'):format(index, vim.inspect(is), vim.inspect(wanted))
    end
  end
end

local client
vim.wait(10000, function()
  client = require('nbls').client(0)
  return client and #cells.of(0) > 0
end, 10)
namespace = vim.api.nvim_get_namespaces().nbls

local count = 0
for burst = 1, 40 do
  for _ = 1, math.random(8) do
    edits[math.random(#edits)]()
    -- News of the server come between the edits, or do not.
    vim.wait(math.random(0, 2) * 60)
  end
  local why
  vim.wait(3000, function()
    why = difference(client)
    return not why
  end, 20)
  if why then
    io.stdout:write(('after burst %d: %s\n'):format(burst, why))
    vim.cmd('qall!')
  end
  count = count + 1
end
io.stdout:write(('same %d\n'):format(count))
vim.cmd('qall!')
