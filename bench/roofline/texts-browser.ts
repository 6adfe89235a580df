/** The WGSL of the roofline, as a bundler puts it into the page. */
import COPY from './copy.wgsl?raw';
import ROOFLINE from './roofline.wgsl?raw';

export { COPY, ROOFLINE };
