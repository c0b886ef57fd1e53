// What modules may import on this device, by module and name; the thread that runs them gives just these.

/** Functions of WASI preview 1 as its published witx names them; all that the shim has. */
const wasi = [
  'path_open', 'fd_filestat_get', 'fd_read', 'fd_readdir', 'fd_seek', 'fd_write', 'fd_close', 'fd_prestat_get', 'fd_prestat_dir_name', 'sched_yield', 'random_get', 'proc_exit', 'environ_sizes_get', 'environ_get',
  'args_sizes_get', 'args_get', 'clock_res_get', 'clock_time_get', 'fd_advise', 'fd_allocate', 'fd_datasync', 'fd_fdstat_get', 'fd_fdstat_set_flags', 'fd_fdstat_set_rights', 'fd_filestat_set_size',
  'fd_filestat_set_times', 'fd_pread', 'fd_pwrite', 'fd_renumber', 'fd_sync', 'fd_tell', 'path_create_directory', 'path_filestat_get', 'path_filestat_set_times', 'path_link', 'path_readlink',
  'path_remove_directory', 'path_rename', 'path_symlink', 'path_unlink_file', 'poll_oneoff', 'proc_raise', 'sock_recv', 'sock_send', 'sock_shutdown', 'sock_accept'
]

/** The module under which compilers import WASI preview 1. */
export const wasiModule = 'wasi_snapshot_preview1'

/** Names of the modules that devices give, and of their functions. A camera, and sensors, are not among them: this device has none. */
export function interfacesOf ({ hasRpc }: { readonly hasRpc: boolean }): Readonly<Record<string, readonly string[]>> {
  return { sys: ['millis', 'delay', 'print', 'println', 'printInt'], ...hasRpc && { communication: ['rpcCall'] }, [wasiModule]: wasi }
}

/** The same as a device tells it: bare names first, which is all that older orchestrators compare, then `module.name`. */
export function supervisorInterfaces (interfaces: ReturnType<typeof interfacesOf>): string[] {
  const entries = Object.entries(interfaces)
  return [...entries.flatMap(([, names]) => names), ...entries.flatMap(([module, names]) => names.map(name => `${module}.${name}`))]
}
