--- `:checkhealth nbls`
local M = {}

local health = vim.health

function M.check()
  health.start('nbls')
  if vim.fn.has('nvim-0.10') == 0 then
    health.error('Neovim 0.10 or later is needed')
    return
  end
  local config = vim.tbl_extend('force', { cmd = { 'nbls', 'lsp' } }, vim.g.nbls or {})
  local program = config.cmd[1]
  if vim.fn.executable(program) == 0 then
    health.error(('%s is not on the PATH of Neovim'):format(program), {
      'npm install --global notebook-language-server',
      'or: vim.g.nbls = { cmd = { "/path/to/nbls", "lsp" } }',
    })
    return
  end
  health.ok(vim.fn.exepath(program))
  local doctor = vim.system({ program, 'doctor' }, { text = true, timeout = 10000 }):wait()
  if doctor.code == 0 then
    health.info(vim.trim(doctor.stdout))
  else
    health.error(('%s doctor ended with %d: %s'):format(program, doctor.code, vim.trim(doctor.stderr or '')))
  end
  local clients = vim.lsp.get_clients({ name = 'nbls' })
  health.info(('%d servers run; buffers without a cell marker (# %%%%) start none'):format(#clients))
  if vim.o.termguicolors then
    health.ok("'termguicolors' is set: pictures are painted in kitty and Ghostty")
  else
    health.warn("'termguicolors' is not set: pictures are told by their size only, and colours are approximate")
  end
end

return M
