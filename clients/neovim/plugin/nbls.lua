-- What has to be there before anything of nbls is used: commands, <Plug> keys, and the events that wake the rest.
if vim.g.loaded_nbls then
  return
end
vim.g.loaded_nbls = true

local group = vim.api.nvim_create_augroup('nbls', {})

-- A script is a notebook once it has a marker; plain scripts start no server.
local marker = [[^\s*\(#\|//\)\s*%%]]

vim.api.nvim_create_autocmd({ 'FileType', 'BufWritePost' }, {
  group = group,
  callback = function(event)
    local filetypes = { python = true, r = true, julia = true, javascript = true, typescript = true }
    if filetypes[vim.bo[event.buf].filetype] and vim.bo[event.buf].buftype == '' then
      vim.api.nvim_buf_call(event.buf, function()
        if vim.fn.search(marker, 'nwc') > 0 then
          require('nbls').attach(event.buf)
        end
      end)
    end
  end,
})

vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = '*.ipynb',
  callback = function(event)
    if not event.match:match('^%w+://') then
      require('nbls.notebook').read(event.buf, event.match)
    end
  end,
})

vim.api.nvim_create_autocmd('BufWriteCmd', {
  group = group,
  pattern = '*.ipynb',
  callback = function(event)
    require('nbls.notebook').write(event.buf, event.match)
  end,
})

vim.api.nvim_create_user_command('Nbls', function(command)
  require('nbls').command(command)
end, {
  nargs = '+',
  range = true,
  complete = function(...)
    return require('nbls').complete(...)
  end,
})

local names = [[
  runCell runCellAdvance runAbove runBelow runAll runStale cancel interrupt
  startKernel shutdownKernel restart restartAndRunAll showKernels
  clearOutputs toggleOutput copyOutput openOutput
  insertCellAbove insertCellBelow deleteCell moveCellUp moveCellDown splitCell mergeCellBelow changeCellKind
  output kernel reply
]]
for name in names:gmatch('%a+') do
  vim.keymap.set('n', ('<Plug>(nbls-%s)'):format(name), ('<Cmd>Nbls %s<CR>'):format(name))
end
-- Visual: the lines of the selection.
vim.keymap.set('x', '<Plug>(nbls-runLines)', ':Nbls runLines<CR>', { silent = true })

local modes = { 'n', 'x', 'o' }
vim.keymap.set(modes, '<Plug>(nbls-nextCell)', "<Cmd>lua require('nbls.motion').go(vim.v.count1)<CR>")
vim.keymap.set(modes, '<Plug>(nbls-previousCell)', "<Cmd>lua require('nbls.motion').go(-vim.v.count1)<CR>")
vim.keymap.set({ 'x', 'o' }, '<Plug>(nbls-inCell)', "<Cmd>lua require('nbls.motion').select(false)<CR>")
vim.keymap.set({ 'x', 'o' }, '<Plug>(nbls-aCell)', "<Cmd>lua require('nbls.motion').select(true)<CR>")
