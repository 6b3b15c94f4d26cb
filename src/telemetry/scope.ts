import packageJson from '../../package.json' with { type: 'json' };

/** Instrumentation scope of everything this code base emits. */
export const SCOPE_NAME = 'glassgate';
/** Version of this code base; also the `service.version` of its processes. */
export const SCOPE_VERSION = packageJson.version;
