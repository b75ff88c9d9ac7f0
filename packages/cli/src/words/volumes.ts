/** Words of volumes that leapt as if their unit had changed. */
export const volumesEn = {
  'column.volumes': 'Volumes',
  'volumes.up': '{times} × larger since {since}: is the unit still right?',
  'volumes.down': '{times} × smaller since {since}: is the unit still right?',
  'sources.confirm-volumes':
    'say that the volumes of a source are right as they come now, after a leap as between two units',
  'sources.confirmed':
    'The volumes of {name} are taken as right; how large they usually are is learned anew.',
} as const;

export const volumesZh: Readonly<Record<keyof typeof volumesEn, string>> = {
  'column.volumes': '流量',
  'volumes.up': '自 {since} 起增大约 {times} 倍：单位是否仍然正确？',
  'volumes.down': '自 {since} 起缩小为约 1/{times}：单位是否仍然正确？',
  'sources.confirm-volumes': '确认数据源当前的流量数值正确（流量曾像更换单位一样跳变）',
  'sources.confirmed': '已确认 {name} 的流量数值正确；其通常大小将重新学习。',
};
