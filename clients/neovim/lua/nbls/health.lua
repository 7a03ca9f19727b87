--- `:checkhealth nbls`
local M = {}

local health = vim.health

function M.check()
  health.start('nbls')
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
  health[doctor.code == 0 and 'info' or 'error'](vim.trim(doctor.stdout .. doctor.stderr))
  health.info(('%d servers run; buffers without a cell marker (# %%%%) start none'):format(#vim.lsp.get_clients({ name = 'nbls' })))
  health[vim.o.termguicolors and 'ok' or 'warn']("pictures in kitty and Ghostty, and exact colours, need 'termguicolors'")
end

return M
