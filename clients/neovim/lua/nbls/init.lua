--- Attaching to buffers, and what users call.
local M = {}

local lsp = vim.lsp

--- A method of a client: before 0.11 they were called without it.
local function call(client, name, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- The width that outputs may have in a window: its text, less the bar before each line.
local function view()
  local window = vim.fn.getwininfo(vim.api.nvim_get_current_win())[1]
  -- The column of signs comes with the first error.
  return { width = math.max(20, window.width - math.max(2, window.textoff) - 2) }
end

--- How the server is started for a buffer.
---@param bufnr integer
local function config_for(bufnr)
  local base = lsp.config and lsp.config.nbls
    or dofile(vim.api.nvim_get_runtime_file('lsp/nbls.lua', false)[1])
  local config = vim.tbl_deep_extend('force', {}, base, vim.g.nbls or {})
  local path = vim.api.nvim_buf_get_name(bufnr)
  config.name = 'nbls'
  config.root_dir = vim.fs.root(path, config.root_markers or { '.git', 'pyproject.toml' }) or vim.fs.dirname(path)
  config.root_markers = nil
  return config
end

--- The client of a buffer, attached or not yet.
---@param bufnr integer
---@return vim.lsp.Client?
function M.client(bufnr)
  return lsp.get_clients({ name = 'nbls', bufnr = bufnr })[1]
end

--- Attaches the server to a buffer; it starts if none runs for the project.
---@param bufnr integer
function M.attach(bufnr)
  if not M.client(bufnr) then
    lsp.start(config_for(bufnr), { bufnr = bufnr })
  end
end

--- A client that is ready to answer, without attaching a buffer to it. Waits for it as long as `timeout_ms`.
---@param bufnr integer
---@param timeout_ms integer
---@return vim.lsp.Client? client, string? why
function M.ready_client(bufnr, timeout_ms)
  local config = config_for(bufnr)
  if vim.fn.executable(config.cmd[1]) == 0 then
    return nil, ('%s is not on your PATH; see :checkhealth nbls'):format(config.cmd[1])
  end
  local client = vim.iter(lsp.get_clients({ name = 'nbls' })):find(function(each)
    return each.config.root_dir == config.root_dir
  end)
  if not client then
    local id = vim.fn.has('nvim-0.11') == 1 and lsp.start(config, { attach = false }) or lsp.start_client(config)
    client = id and lsp.get_client_by_id(id)
  end
  if client and vim.wait(timeout_ms, function()
    return client.initialized or call(client, 'is_stopped')
  end, 10) and client.initialized then
    return client
  end
  return nil, 'the server does not start; see ' .. lsp.log.get_filename()
end

--- A request whose answer is waited for.
---@return any result, lsp.ResponseError? error
function M.request_sync(client, method, params, bufnr, timeout_ms)
  local reply, why = call(client, 'request_sync', method, params, timeout_ms, bufnr)
  if not reply then
    return nil, { message = ('%s: %s'):format(method, why or 'no answer') }
  end
  return reply.result, reply.err
end

--- A request whose answer is passed to `callback`; a failure is told to the user.
function M.request(client, method, params, bufnr, callback)
  call(client, 'request', method, params, function(err, result)
    if err then
      vim.notify('nbls: ' .. err.message, vim.log.levels.ERROR)
    elseif callback then
      callback(result)
    end
  end, bufnr)
end

function M.before_init(params)
  -- Which terminal it is and what goes to it, the server says: it has the same environment.
  local says = vim.tbl_extend('force', { outputs = true, requestInput = true, placeholders = true }, view())
  params.capabilities.experimental = vim.tbl_extend('force', params.capabilities.experimental or {}, { nbls = says })
end

function M.on_attach(client, bufnr)
  require('nbls.cells').attach(client, bufnr)
  vim.api.nvim_create_autocmd({ 'WinResized', 'VimResized' }, {
    group = vim.api.nvim_create_augroup('nbls.view', {}),
    callback = function()
      for _, each in ipairs(lsp.get_clients({ name = 'nbls' })) do
        call(each, 'notify', 'nbls/didChangeView', view())
      end
    end,
  })
  if vim.fn.has('nvim-0.12') == 1 and client.config.codelens ~= false then
    lsp.codelens.enable(true, { bufnr = bufnr })
  end
end

function M.on_exit(_, _, client_id)
  vim.schedule(function()
    require('nbls.cells').detach(client_id)
  end)
end

function M.did_change_kernel(_, params)
  if params.textDocument then
    local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
    vim.b[bufnr].nbls_kernel = ('%s %s'):format(params.kernel.displayName, params.kernel.status)
    vim.cmd.redrawstatus({ bang = true })
  end
end

--- A cell's question. Runs in a coroutine, in which an answer may be waited for.
function M.request_input(_, params)
  local prompt = params.prompt == '' and 'input: ' or params.prompt
  local answer
  vim.cmd.redraw() -- Until it is answered nothing more is drawn.
  if params.password then
    local ok, secret = pcall(vim.fn.inputsecret, { prompt = prompt, cancelreturn = vim.NIL })
    answer = ok and secret ~= vim.NIL and secret or nil
  else
    local co, is_answered, is_waiting = coroutine.running(), false, false
    vim.ui.input({ prompt = prompt }, function(text)
      answer, is_answered = text, true
      if is_waiting then
        coroutine.resume(co)
      end
    end)
    if not is_answered then
      is_waiting = true
      coroutine.yield()
    end
  end
  return answer and { value = answer } or vim.NIL
end

--- Calls `act` with the buffer's client, now or once it is attached.
local function with_client(bufnr, act)
  local client = M.client(bufnr)
  if client and client.initialized then
    return act(client)
  end
  vim.api.nvim_create_autocmd('LspAttach', {
    buffer = bufnr,
    callback = function(event)
      local attached = lsp.get_client_by_id(event.data.client_id)
      if attached and attached.name == 'nbls' then
        act(attached)
        return true
      end
    end,
  })
  M.attach(bufnr)
end

--- What `:Nbls` does itself; anything else is a command of the server.
local own = {
  output = function(client, bufnr)
    require('nbls.output').open(client, bufnr)
  end,
  kernel = function(client, bufnr)
    local textDocument = { uri = vim.uri_from_bufnr(bufnr) }
    M.request(client, 'nbls/kernelspecs', { textDocument = textDocument }, bufnr, function(found)
      vim.ui.select(found.candidates, {
        prompt = 'Kernel',
        format_item = function(candidate)
          local mark = candidate.name == found.chosen and '* ' or '  '
          return ('%s%s (%s)'):format(mark, candidate.displayName, candidate.reason)
        end,
      }, function(candidate)
        if candidate then
          M.execute(client, bufnr, 'nbls.selectKernel', { textDocument.uri, candidate.name })
        end
      end)
    end)
  end,
  reply = function(client, bufnr)
    vim.ui.input({ prompt = 'answer: ' }, function(text)
      if text then
        M.execute(client, bufnr, 'nbls.replyInput', { vim.uri_from_bufnr(bufnr), text })
      end
    end)
  end,
}

function M.execute(client, bufnr, command, arguments)
  M.request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, bufnr)
end

--- `:Nbls NAME …`
function M.command(command)
  local bufnr = vim.api.nvim_get_current_buf()
  local name, text = command.fargs[1], command.args:match('^%S+%s+(.+)$')
  local place = name == 'runLines' and { command.line1, command.line2 } or command.line1
  with_client(bufnr, function(client)
    if own[name] then
      return own[name](client, bufnr)
    end
    -- These two mean the notebook, any other a line of it.
    local is_of_notebook = name == 'selectKernel' or name == 'replyInput'
    local uri = vim.uri_from_bufnr(bufnr)
    M.execute(client, bufnr, 'nbls.' .. name, is_of_notebook and { uri, text } or { uri, place, text })
  end)
end

function M.complete(lead)
  local client = M.client(0)
  local commands = client and client.server_capabilities.executeCommandProvider.commands or {}
  local names = vim.list_extend(vim.tbl_keys(own), vim.tbl_map(function(command)
    return (command:gsub('^nbls%.', ''))
  end, commands))
  table.sort(names)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M
