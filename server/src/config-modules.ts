import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Environment, wholeNumber } from './config-values.ts';

/** Settings of what modules open by themselves, by name. */
export type ModuleSettings = Readonly<Record<string, string | number | undefined>>;

/** What rooms open by themselves. */
export function readModuleSettings(env: Environment, dataDir: string, faults: string[]): ModuleSettings {
  return {
    ...radiusSettings(env, faults),
    ...authoritySettings(env, dataDir, faults),
    ...estSettings(env, faults),
    ...gatewaySettings(env, faults),
  };
}

/**
 * `THINGWARD_RADIUS_PORT` switches RADIUS accounting on (1813 by RFC 2866 §2; 0 takes a free port), at the address
 * `THINGWARD_RADIUS_HOST`; `THINGWARD_RADIUS_SECRETS` is the folder of the secrets of its clients.
 */
function radiusSettings(env: Environment, faults: string[]): ModuleSettings {
  const port = env['THINGWARD_RADIUS_PORT'] || undefined;
  if (port === undefined) return {};
  const folder = env['THINGWARD_RADIUS_SECRETS'] || undefined;
  if (folder === undefined || !isFolder(folder))
    faults.push(
      'THINGWARD_RADIUS_SECRETS: the folder with the secrets of RADIUS clients must be there 须指定存放 RADIUS 客户端密钥的文件夹',
    );
  return {
    radiusPort: wholeNumber('THINGWARD_RADIUS_PORT', port, 1_813, 0, 65_535, faults),
    radiusHost: env['THINGWARD_RADIUS_HOST'] || '127.0.0.1',
    radiusSecrets: resolve(folder ?? '.'),
  };
}

/**
 * `THINGWARD_AUTHORITY_KEYS` is the file of the keys that seal those of certificate authorities. A token is named by
 * `THINGWARD_PKCS11_MODULE` (its own library), `THINGWARD_PKCS11_BINDING` (the file of `pkcs11js`, which the operator
 * installs), `THINGWARD_PKCS11_TOKEN` (its label) and `THINGWARD_PKCS11_PIN_FILE`.
 */
function authoritySettings(env: Environment, dataDir: string, faults: string[]): ModuleSettings {
  const authorityKeys = resolve(env['THINGWARD_AUTHORITY_KEYS'] || join(dataDir, 'authority.keys'));
  const module = env['THINGWARD_PKCS11_MODULE'] || undefined;
  if (module === undefined) return { authorityKeys };
  if (!env['THINGWARD_PKCS11_TOKEN'])
    faults.push('THINGWARD_PKCS11_TOKEN: the label of the token must be told 须指定令牌标签');
  return {
    authorityKeys,
    pkcs11Module: fileOf(env, faults, 'THINGWARD_PKCS11_MODULE'),
    pkcs11Binding: fileOf(env, faults, 'THINGWARD_PKCS11_BINDING'),
    pkcs11Token: env['THINGWARD_PKCS11_TOKEN'],
    pkcs11PinFile: fileOf(env, faults, 'THINGWARD_PKCS11_PIN_FILE'),
  };
}

/**
 * `THINGWARD_EST_PORT` lets devices fetch certificates over EST (0 takes a free port), at the address
 * `THINGWARD_EST_HOST`; `THINGWARD_EST_CERT` and `THINGWARD_EST_KEY` are the files of its certificate, with what chains
 * it, and key, by default those of the server itself.
 */
function estSettings(env: Environment, faults: string[]): ModuleSettings {
  const port = env['THINGWARD_EST_PORT'] || undefined;
  if (port === undefined) return {};
  return {
    estPort: wholeNumber('THINGWARD_EST_PORT', port, 8_471, 0, 65_535, faults),
    estHost: env['THINGWARD_EST_HOST'] || '127.0.0.1',
    estCert: fileOf(env, faults, 'THINGWARD_EST_CERT', 'THINGWARD_TLS_CERT'),
    estKey: fileOf(env, faults, 'THINGWARD_EST_KEY', 'THINGWARD_TLS_KEY'),
  };
}

/**
 * `THINGWARD_GATEWAY_MQTT_PORT` lets devices in by MQTT 3.1.1 (8883 as registered with IANA),
 * `THINGWARD_GATEWAY_MQTT5_PORT` by MQTT 5 through a Mosquitto, `THINGWARD_GATEWAY_HTTPS_PORT` by HTTPS, at the address `THINGWARD_GATEWAY_HOST`; 0 takes a free port. Both speak TLS with the certificate of
 * `THINGWARD_GATEWAY_CERT` and the key of `THINGWARD_GATEWAY_KEY`.
 */
function gatewaySettings(env: Environment, faults: string[]): ModuleSettings {
  const port = (name: string): number | undefined =>
    env[name] ? wholeNumber(name, env[name], 0, 0, 65_535, faults) : undefined;
  const gatewayMqttPort = port('THINGWARD_GATEWAY_MQTT_PORT');
  const gatewayMqtt5Port = port('THINGWARD_GATEWAY_MQTT5_PORT');
  const gatewayHttpsPort = port('THINGWARD_GATEWAY_HTTPS_PORT');
  if ([gatewayMqttPort, gatewayMqtt5Port, gatewayHttpsPort].every(each => each === undefined)) return {};
  return {
    gatewayMqttPort,
    gatewayMqtt5Port,
    ...(gatewayMqtt5Port === undefined ? {} : mosquittoSettings(env, faults)),
    gatewayHttpsPort,
    gatewayHost: env['THINGWARD_GATEWAY_HOST'] || '127.0.0.1',
    gatewayCert: fileOf(env, faults, 'THINGWARD_GATEWAY_CERT'),
    gatewayKey: fileOf(env, faults, 'THINGWARD_GATEWAY_KEY'),
  };
}

/** Host and port of a Mosquitto, and the file of the password that its dynamic security knows gateways by. */
function mosquittoSettings(env: Environment, faults: string[]): ModuleSettings {
  const gatewayMosquitto = env['THINGWARD_GATEWAY_MOSQUITTO'] || '127.0.0.1:1884';
  if (!/^([\w.-]+|\[[0-9a-f:]+\]):[1-9]\d{0,4}$/i.test(gatewayMosquitto))
    faults.push('THINGWARD_GATEWAY_MOSQUITTO: must be host:port 须为 主机:端口');
  return {
    gatewayMosquitto,
    gatewayMosquittoPassword: fileOf(env, faults, 'THINGWARD_GATEWAY_MOSQUITTO_PASSWORD_FILE'),
  };
}

/** The file that a setting names, or one that stands in for it; a fault where there is none. */
function fileOf(env: Environment, faults: string[], name: string, otherwise = name): string {
  const path = env[name] || env[otherwise] || undefined;
  if (path === undefined || !isFile(path)) faults.push(`${name}: the file must be there 须指定存在的文件`);
  return resolve(path ?? '.');
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
