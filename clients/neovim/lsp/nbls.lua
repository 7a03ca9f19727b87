-- How the server is started. `vim.lsp.config('nbls', …)` (0.11 and later) and `vim.g.nbls` are merged over it.
local function when_needed(module, name)
  return function(...)
    return require(module)[name](...)
  end
end

---@type vim.lsp.ClientConfig
return {
  name = 'nbls',
  cmd = { 'nbls', 'lsp' },
  before_init = when_needed('nbls', 'before_init'),
  on_attach = when_needed('nbls', 'on_attach'),
  on_exit = when_needed('nbls', 'on_exit'),
  handlers = {
    ['nbls/didChangeCells'] = when_needed('nbls.cells', 'did_change_cells'),
    ['nbls/didChangeExecution'] = when_needed('nbls.cells', 'did_change_execution'),
    ['nbls/didChangeOutputs'] = when_needed('nbls.cells', 'did_change_outputs'),
    ['nbls/didChangeKernel'] = when_needed('nbls', 'did_change_kernel'),
    ['nbls/requestInput'] = when_needed('nbls', 'request_input'),
  },
}
