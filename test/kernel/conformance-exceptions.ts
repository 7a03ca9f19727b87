/**
 * What a kernel cannot do by its nature, and why: kernel → check → reason. The check still runs and must fail, so that an
 * exception that a newer kernel no longer needs is noticed.
 */
export const exceptions: { readonly [kernel: string]: { readonly [check: string]: string } } = {
  deno: {
    "completion while busy": "Deno answers one request at a time",
    inspection: "Deno answers every inspection without content",
    history: "Deno keeps no history",
    "password input": "Deno's prompt() cannot hide what is typed",
    "interrupt a sleep": "Deno interrupts running code, not what it awaits",
    "interrupt while input() waits": "Deno's prompt() can only be ended by a restart",
    "output of child processes": "Deno's children write to the kernel's own output",
  },
  irkernel: {
    "kernel_info on control": "IRkernel answers kernel_info on shell only",
    "an error stops nothing else": "IRkernel aborts what it had received before an error",
    "completion while busy": "R answers one request at a time",
    "inspection of what is not there": "IRkernel finds a page which says that there is none",
    history: "IRkernel keeps no history",
    "password input": "R has no password prompt of its own",
    execute_result: "IRkernel shows values as display_data",
    update_display_data: "IRdisplay has no display ids",
    "top-level await": "R has no await",
    "late output finds its execution": "R runs nothing once a cell has ended",
    "output of child processes": "R's children write to the kernel's own output",
  },
};
