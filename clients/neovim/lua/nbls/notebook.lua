--- An `.ipynb` as a buffer of text: the server turns one into the other.
local M = {}

local api = vim.api

--- Opening and saving wait this long for the server at most.
local timeout_ms = 10000

local function fail(message)
  vim.notify('nbls: ' .. message, vim.log.levels.ERROR)
end

--- The file as it is: better than nothing where the server cannot show it, and saved as it is.
local function read_plainly(bufnr, path)
  vim.b[bufnr].nbls_plain = true
  local lines = vim.fn.filereadable(path) == 1 and vim.fn.readfile(path, 'b') or { '' }
  vim.bo[bufnr].fixendofline = false
  vim.bo[bufnr].endofline = lines[#lines] == ''
  if lines[#lines] == '' then
    table.remove(lines)
  end
  api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].filetype = 'json'
end

local function read_as_text(bufnr, path)
  local nbls = require('nbls')
  local client, why = nbls.ready_client(bufnr, timeout_ms)
  if not client then
    return nil, why
  end
  local notebook, err = nbls.request_sync(client, 'nbls/readNotebook', { uri = vim.uri_from_fname(path) }, bufnr, timeout_ms)
  if err then
    return nil, err.message
  end
  api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(notebook.text:gsub('\n$', ''), '\n', { plain = true }))
  vim.b[bufnr].nbls_plain = nil
  -- Set before other autocommands hear of the file: Neovim itself takes its ending for JSON.
  vim.bo[bufnr].filetype = notebook.languageId
  return true
end

--- BufReadCmd
---@param bufnr integer
---@param path string absolute
function M.read(bufnr, path)
  -- Nobody wants to undo that the file was read.
  local undolevels = vim.bo[bufnr].undolevels
  vim.bo[bufnr].undolevels = -1
  local ok, why = read_as_text(bufnr, path)
  if not ok then
    read_plainly(bufnr, path)
  end
  vim.bo[bufnr].undolevels = undolevels
  vim.bo[bufnr].modified = false
  if ok then
    require('nbls').attach(bufnr)
  else
    fail(('%s is shown as it is: %s'):format(vim.fn.fnamemodify(path, ':.'), why))
  end
  api.nvim_exec_autocmds('BufReadPost', { buffer = bufnr, modeline = false })
end

--- BufWriteCmd
---@param bufnr integer
---@param path string absolute
function M.write(bufnr, path)
  local is_forced = vim.v.cmdbang == 1
  if vim.b[bufnr].nbls_plain then
    return vim.cmd(('noautocmd write%s %s'):format(is_forced and '!' or '', vim.fn.fnameescape(path)))
  end
  local nbls = require('nbls')
  local client, why = nbls.ready_client(bufnr, timeout_ms)
  if not client then
    return fail('not saved: ' .. why)
  end
  api.nvim_exec_autocmds('BufWritePre', { buffer = bufnr, modeline = false })
  local is_copy = vim.fs.normalize(api.nvim_buf_get_name(bufnr)) ~= vim.fs.normalize(path)
  local saved, err = nbls.request_sync(client, 'nbls/writeNotebook', {
    uri = vim.uri_from_bufnr(bufnr),
    text = table.concat(api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n') .. '\n',
    to = is_copy and vim.uri_from_fname(path) or nil,
    force = is_forced,
  }, bufnr, timeout_ms)
  if err then
    return fail('not saved: ' .. err.message)
  end
  if not is_copy then
    vim.bo[bufnr].modified = false
  end
  api.nvim_exec_autocmds('BufWritePost', { buffer = bufnr, modeline = false })
  print(('"%s" %s'):format(vim.fn.fnamemodify(path, ':~:.'), saved.changed and 'written' or 'unchanged'))
end

return M
